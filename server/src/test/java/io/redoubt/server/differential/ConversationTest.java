package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.command.DatabaseCommands;
import io.redoubt.server.command.DumpCommands;
import io.redoubt.server.command.ExpireCommands;
import io.redoubt.server.command.GenericCommands;
import io.redoubt.server.command.LongestCommonSubsequence;
import io.redoubt.server.command.ObjectCommands;
import io.redoubt.server.command.ScanCommands;
import io.redoubt.server.command.SelectCommand;
import io.redoubt.server.command.StringCommands;
import io.redoubt.server.command.TransactionCommands;
import io.redoubt.server.execution.Call;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random conversations with a real Redis and with ours: the replies, the keyspace events, the data
 * and the statistics are the same.
 */
final class ConversationTest {
  private static final int REQUESTS = 4000;
  private static final int ROUND = 250;
  private static final int CONNECTIONS = 2;

  /** Each group with its weight. */
  private static List<Command<?>> commands() {
    List<Command<?>> commands = new ArrayList<>();
    add(commands, new StringCommands(), 6);
    add(commands, new LongestCommonSubsequence(), 2);
    add(commands, new GenericCommands(), 4);
    add(commands, new ExpireCommands(), 4);
    add(commands, new ScanCommands(), 1);
    add(commands, new ObjectCommands(), 3);
    add(commands, new DumpCommands(), 3);
    add(commands, new DatabaseCommands(), 1);
    add(commands, new SelectCommand(), 2);
    add(commands, new TransactionCommands(), 4);
    commands.addAll(Collections.nCopies(10, named(commands, "exec")));
    return commands;
  }

  private static void add(List<Command<?>> commands, CommandGroup<Call> group, int weight) {
    for (Command<Call> command : group.commands()) {
      List<Command<Call>> all = new ArrayList<>(command.subcommands());
      all.removeIf(each -> each.shortName().equals("help")); // our words, not Redis'
      if (command.isRunnable()) {
        all.add(command);
      }
      for (int i = 0; i < weight; i++) {
        commands.addAll(all);
      }
    }
  }

  private static Command<?> named(List<Command<?>> commands, String name) {
    return commands.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void areTheSame(String protocol) throws Exception {
    Random random = Seed.random("ConversationTest");
    var generator = new RequestGenerator(random);
    List<Command<?>> commands = commands();
    try (var twins = Twins.start(directory, "notify-keyspace-events KEAmn");
        var conversation = new Conversation(twins, CONNECTIONS, protocol);
        var realEvents = twins.real();
        var ourEvents = twins.ours()) {
      realEvents.call("PSUBSCRIBE", "__key*");
      ourEvents.call("PSUBSCRIBE", "__key*");
      for (int i = 1; i <= REQUESTS; i++) {
        int connection = random.nextInt(4) == 0 ? 1 : 0;
        Command<?> command = commands.get(random.nextInt(commands.size()));
        conversation.say(connection, generator.request(command));
        conversation.expectSame("events", realEvents.messages(), ourEvents.messages());
        if (i % ROUND == 0) {
          endOfRound(conversation);
          realEvents.messages();
          ourEvents.messages();
        }
      }
    }
  }

  /** Compares what lies behind the replies, and ends what a round has begun. */
  private static void endOfRound(Conversation conversation) {
    for (int connection = 0; connection < CONNECTIONS; connection++) {
      conversation.say(connection, "MULTI");
      conversation.say(connection, "DISCARD");
      conversation.say(connection, "SELECT 0");
    }
    conversation.say(0, "DEBUG DIGEST");
    both(conversation, "commandstats", ConversationTest::counts, "INFO", "commandstats");
    both(conversation, "errorstats", Function.identity(), "INFO", "errorstats");
    both(conversation, "keyspace", ConversationTest::sizes, "INFO", "keyspace");
    both(conversation, "changes", info -> field(info, "rdb_changes_since_last_save"), "INFO");
    both(conversation, "hits", info -> field(info, "keyspace_hits"), "INFO");
    both(conversation, "misses", info -> field(info, "keyspace_misses"), "INFO");
    both(conversation, "expired", info -> field(info, "expired_keys"), "INFO");
    everyDatabase(conversation);
  }

  private static void everyDatabase(Conversation conversation) {
    for (int index = 0; index < 16; index++) {
      conversation.say(0, "SELECT " + index);
      conversation.expectSame(
          "keys that SCAN finds in database " + index,
          scan(words -> conversation.askReal(0, words)),
          scan(words -> conversation.askOurs(0, words)));
      for (byte[] key : scan(words -> conversation.askReal(0, words)).stream()
          .map(Conversation::bytes)
          .toList()) {
        exchange(conversation, key);
      }
    }
    conversation.say(0, "SELECT 0");
  }

  /** Each takes from the other what it dumps. */
  private static void exchange(Conversation conversation, byte[] key) {
    byte[] dump = bytes("DUMP");
    byte[] real = ((Reply.Bulk) Leniency.parse(conversation.askReal(0, dump, key))).bytes();
    byte[] ours = ((Reply.Bulk) Leniency.parse(conversation.askOurs(0, dump, key))).bytes();
    byte[][] restore = {bytes("RESTORE"), bytes("exchanged"), bytes("0"), real, bytes("REPLACE")};
    byte[] byOurs = conversation.askOurs(0, restore);
    restore[3] = ours;
    byte[] byReal = conversation.askReal(0, restore);
    conversation.expectSame("RESTORE", text(byReal), text(byOurs));
    conversation.say(0, "GET exchanged");
    conversation.say(0, "OBJECT ENCODING exchanged");
    conversation.say(0, "DEL exchanged");
  }

  private static TreeSet<String> scan(Function<byte[][], byte[]> ask) {
    var keys = new TreeSet<String>();
    byte[] cursor = bytes("0");
    do {
      byte[][] words = {bytes("SCAN"), cursor, bytes("COUNT"), bytes("2")};
      List<Reply> reply = Leniency.parse(ask.apply(words)).elements();
      cursor = ((Reply.Bulk) reply.get(0)).bytes();
      reply.get(1).elements().forEach(key -> keys.add(text(((Reply.Bulk) key).bytes())));
    } while (!text(cursor).equals("0"));
    return keys;
  }

  private static void both(
      Conversation conversation, String what, Function<String, ?> part, String... words) {
    byte[][] request = List.of(words).stream().map(Conversation::bytes).toArray(byte[][]::new);
    Object real = part.apply(Leniency.parse(conversation.askReal(0, request)).text());
    Object ours = part.apply(Leniency.parse(conversation.askOurs(0, request)).text());
    conversation.expectSame(what, real, ours);
  }

  private static final Pattern COUNTS =
      Pattern.compile("cmdstat_(\\S+):calls=(\\d+),\\S*(rejected_calls=\\d+,failed_calls=\\d+)");

  /** Calls, refused calls and failed calls by command. */
  private static TreeMap<String, String> counts(String info) {
    var counts = new TreeMap<String, String>();
    COUNTS
        .matcher(info)
        .results()
        .forEach(match -> counts.put(match.group(1), match.group(2) + " " + match.group(3)));
    return counts;
  }

  /** The lines without what depends on the time. */
  private static String sizes(String info) {
    return info.replaceAll(",avg_ttl=\\d+", "");
  }

  private static String field(String info, String name) {
    return info.lines().filter(line -> line.startsWith(name + ":")).findFirst().orElse("none");
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
