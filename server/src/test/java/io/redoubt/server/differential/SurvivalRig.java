package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import io.redoubt.server.differential.DataState.Care;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A Redoubt server with an append-only file and a replica, and a real Redis. Data written to the
 * first is saved, loaded, rewritten, dumped, replicated and exchanged.
 */
final class SurvivalRig implements AutoCloseable {
  private static final int WAIT_MILLIS = 20_000;
  private static final int POLL_MILLIS = 2;

  private static final List<String> RESET =
      List.of(
          "CONFIG SET hash-max-listpack-entries 128 hash-max-listpack-value 64",
          "CONFIG SET zset-max-listpack-entries 128 zset-max-listpack-value 64",
          "CONFIG SET set-max-intset-entries 512 list-max-listpack-size -2 list-compress-depth 0",
          "CONFIG SET stream-node-max-entries 100 stream-node-max-bytes 4096",
          "CONFIG SET hll-sparse-max-bytes 3000 maxmemory-policy noeviction",
          "SELECT 0",
          "FUNCTION FLUSH",
          "FLUSHALL");

  /** The error of 7.2 for an XSETID that 7.0 accepts. */
  private static final String REFUSED_LATER = "smaller than current max_deleted_entry_id";

  private final Path directory;
  private final List<AutoCloseable> closing = new ArrayList<>();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final RealRedis redis;
  private final RespClient ours;
  private final RespClient real;
  private final RespClient replica;
  private final WireConnection ourCommands;
  private final WireConnection realCommands;
  private final int port;
  private long states;
  private long keys;
  private long commands;

  SurvivalRig(Path directory) throws Exception {
    this.directory = directory;
    redis = opened(RealRedis.start(directory));
    Path mine = Files.createDirectories(directory.resolve("ours"));
    Log ourLog = new Log(Clock.system(), ZoneOffset.UTC, 1, log);
    String[] lines = {
      "dir " + mine, "appendonly yes", "appendfsync no", "auto-aof-rewrite-percentage 0"
    };
    RedisServer server = opened(TestServers.start(ourLog, lines));
    Path its = Files.createDirectories(directory.resolve("replica"));
    RedisServer follower = opened(TestServers.start(ourLog, "dir " + its));
    port = server.port();
    ours = opened(RespClient.connect("127.0.0.1", port));
    real = opened(RespClient.connect("127.0.0.1", redis.port()));
    replica = opened(RespClient.connect("127.0.0.1", follower.port()));
    ourCommands = opened(new WireConnection(port));
    realCommands = opened(new WireConnection(redis.port()));
    ask(replica, "REPLICAOF 127.0.0.1 " + port);
    awaitLink();
  }

  private <T extends AutoCloseable> T opened(T closeable) {
    closing.add(closeable);
    return closeable;
  }

  long states() {
    return states;
  }

  long keys() {
    return keys;
  }

  long commands() {
    return commands;
  }

  /** Returns the last lines of the Redoubt servers' logs. */
  String logEnd() {
    List<String> lines = log.toString(ISO_8859_1).lines().toList();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 12), lines.size()));
  }

  /** Runs commands and checks that the data survives; returns the failure, or null. */
  String failure(List<byte[][]> sequence, boolean alone, boolean interleaved) {
    log.reset();
    try {
      ourCommands.call("DISCARD");
      realCommands.call("DISCARD"); // the divergence may have left it in a transaction
      for (String line : RESET) {
        expectOk(Leniency.parse(ourCommands.call(line.split(" "))), line);
        expectOk(Leniency.parse(realCommands.call(line.split(" "))), line);
        if (line.startsWith("CONFIG")) {
          expectOk(ask(replica, line), line);
        }
      }
      ask(ours, "CONFIG SET repl-interleaved-sync " + (interleaved ? "yes" : "no"));
      check(run(sequence, alone));
      return null;
    } catch (Difference difference) {
      return difference.getMessage();
    } catch (Exception | AssertionError broken) {
      return broken.toString();
    }
  }

  /**
   * Returns true if the real Redis crashes on commands that no other server is given. Redis 7.0.15
   * fails an assertion when it reads some of its own streams, whose entries have hundreds of
   * fields.
   */
  boolean realEndsByItself(List<byte[][]> sequence) throws IOException {
    try {
      for (byte[][] words : sequence) {
        if (!name(words).equals("RESTORE")) {
          realCommands.call(words);
        }
      }
      realCommands.call("DISCARD");
      state(real, false);
      return false;
    } catch (EOFException | SocketException e) {
      return true;
    }
  }

  private static final class Difference extends Exception {
    private static final long serialVersionUID = 1;

    Difference(String message) {
      super(message);
    }
  }

  private static void expectOk(Reply reply, String line) throws Difference {
    if (reply.isError()) {
      throw new Difference(line + ": " + reply.text());
    }
  }

  private static Reply ask(RespClient client, String line) throws IOException {
    return client.call(line.split(" "));
  }

  // Running.

  /** Runs commands; returns true if only Redoubt executed everything that it accepted. */
  private boolean run(List<byte[][]> sequence, boolean alone) throws Exception {
    boolean diverged = alone;
    Leniency leniency = new Leniency();
    int database = 0;
    List<byte[][]> all = new ArrayList<>(sequence);
    all.add(new byte[][] {ascii("EXEC")});
    for (byte[][] command : all) {
      byte[][] words = withDumps(command, database);
      if (words == null) {
        continue;
      }
      commands++;
      if (name(words).equals("CONFIG")) {
        replica.call(words);
      }
      byte[] reply = ourCommands.call(words);
      diverged |= new String(reply, ISO_8859_1).contains(REFUSED_LATER);
      if (!diverged) {
        byte[] expected = realCommands.call(words);
        if (name(words).equals("EXEC") && sameErrors(expected, reply)) {
          reply = expected; // error texts differ, and everything else appears in the data
        }
        if (isAccepted(expected) != isAccepted(reply)
            || (isAccepted(expected) && !leniency.accepts(List.of(words), expected, reply))) {
          throw new Difference(
              "after %s%n  Redis replies %s%n  we reply      %s"
                  .formatted(shown(command), shown(expected), shown(reply)));
        }
      }
      if (name(words).equals("SELECT") && new String(reply, ISO_8859_1).equals("+OK\r\n")) {
        database = Integer.parseInt(new String(words[1], ISO_8859_1));
      }
    }
    return diverged;
  }

  private static boolean isAccepted(byte[] reply) {
    return reply[0] != '-';
  }

  private static boolean sameErrors(byte[] real, byte[] ours) {
    return Leniency.parse(real) instanceof Reply.Array(List<Reply> expected)
        && Leniency.parse(ours) instanceof Reply.Array(List<Reply> replies)
        && expected.stream()
            .map(Reply::isError)
            .toList()
            .equals(replies.stream().map(Reply::isError).toList());
  }

  private static String name(byte[][] words) {
    return new String(words[0], ISO_8859_1).toUpperCase(Locale.ROOT);
  }

  /** Replaces marks by payloads; returns null if a key does not exist. */
  private byte[][] withDumps(byte[][] command, int database) throws IOException {
    byte[][] words = command.clone();
    for (int i = 1; i < words.length; i++) {
      String word = new String(words[i], ISO_8859_1);
      boolean byOurs = word.startsWith(LimitCommands.DUMP_OF_OURS);
      if (byOurs || word.startsWith(LimitCommands.DUMP_OF_REAL)) {
        RespClient from = byOurs ? ours : real;
        String key = word.substring(word.indexOf('\0', 1) + 1);
        ask(from, "SELECT " + database);
        Reply payload = from.call(ascii("DUMP"), ascii(key));
        if (!(payload instanceof Reply.Bulk(byte[] bytes))) {
          return null;
        }
        words[i] = bytes;
      }
    }
    return words;
  }

  // Checking.

  private void check(boolean alone) throws Exception {
    DataState before = state(ours, alone);
    keys += before.size();
    awaitReplica();
    expectSame("the replica that got the commands", before, state(replica, alone), Care.ALL);
    dumpAndRestore(before, alone);
    expectOk(ask(ours, "DEBUG RELOAD"), "DEBUG RELOAD");
    expectSame("DEBUG RELOAD", before, state(ours, alone), Care.ALL);
    expectOk(ask(ours, "DEBUG LOADAOF"), "DEBUG LOADAOF of the commands");
    expectSame("DEBUG LOADAOF of the commands", before, state(ours, alone), Care.ALL);
    rewrite("yes");
    expectSame("the rewritten file with preamble", before, state(ours, alone), Care.ALL);
    fullSync();
    expectSame("a full sync", before, state(replica, alone), Care.ALL);
    if (!alone) {
      exchange(before);
      expectOk(ask(ours, "DEBUG LOADAOF"), "DEBUG LOADAOF after the exchange");
    }
    rewrite("no");
    expectSame("the rewritten file without preamble", before, state(ours, alone), Care.COMMANDS);
  }

  private DataState state(RespClient client, boolean withFields) throws IOException {
    states++;
    return DataState.of(client, withFields);
  }

  private static void expectSame(String what, DataState before, DataState after, Care care)
      throws Difference {
    String difference = before.difference(after, care);
    if (difference != null) {
      throw new Difference(what + ": " + difference);
    }
  }

  private void dumpAndRestore(DataState before, boolean alone) throws Exception {
    byte[] copy = ascii("\0a copy");
    for (int database = 0; database < DataState.DATABASES; database++) {
      for (RespClient client : List.of(ours, real)) {
        ask(client, "SELECT " + database);
      }
      for (byte[] key : before.names(database)) {
        byte[] time =
            ascii(Long.toString(Math.max(0, ours.call(ascii("PEXPIRETIME"), key).number())));
        Reply payload = ours.call(ascii("DUMP"), key);
        byte[][] restore = {
          ascii("RESTORE"), copy, time, ((Reply.Bulk) payload).bytes(), ascii("ABSTTL")
        };
        expectOk(ours.call(restore), "RESTORE of " + Quoting.quote(key));
        String difference = DataState.difference(ours, key, copy, alone);
        if (difference != null) {
          throw new Difference("RESTORE of " + Quoting.quote(key) + ": " + difference);
        }
        ours.call(ascii("DEL"), copy);
        if (!alone) {
          expectOk(real.call(restore), "RESTORE by a real Redis of " + Quoting.quote(key));
          real.call(ascii("DEL"), copy);
        }
      }
    }
  }

  private void rewrite(String preamble) throws Exception {
    ask(ours, "CONFIG SET aof-use-rdb-preamble " + preamble);
    expectOk(ask(ours, "BGREWRITEAOF"), "BGREWRITEAOF");
    await("the rewrite", () -> info(ours, "persistence", "aof_rewrite_in_progress").equals("0"));
    if (!info(ours, "persistence", "aof_last_bgrewrite_status").equals("ok")) {
      throw new Difference("BGREWRITEAOF failed");
    }
    expectOk(ask(ours, "DEBUG LOADAOF"), "DEBUG LOADAOF, preamble " + preamble);
  }

  private void fullSync() throws Exception {
    long before = Long.parseLong(info(ours, "stats", "sync_full"));
    expectOk(ask(ours, "DEBUG CHANGE-REPL-ID"), "DEBUG CHANGE-REPL-ID");
    ask(replica, "REPLICAOF NO ONE");
    ask(replica, "FLUSHALL");
    ask(replica, "REPLICAOF 127.0.0.1 " + port);
    awaitLink();
    if (Long.parseLong(info(ours, "stats", "sync_full")) <= before) {
      throw new Difference("there was no full sync");
    }
    awaitReplica();
  }

  /** Each server loads the other one's file. */
  private void exchange(DataState before) throws Exception {
    expectSame("the real one after the same commands", before, state(real, false), Care.TWIN);
    expectOk(ask(real, "SAVE"), "SAVE");
    Path file = directory.resolve("dump.rdb");
    Path our = directory.resolve("ours").resolve("dump.rdb");
    Path kept = directory.resolve("real.rdb");
    Files.copy(file, kept, StandardCopyOption.REPLACE_EXISTING);
    final DataState twin = state(real, false);
    expectOk(ask(ours, "SAVE"), "SAVE");
    Files.copy(our, file, StandardCopyOption.REPLACE_EXISTING);
    expectOk(ask(real, "DEBUG RELOAD NOSAVE"), "our file loaded by a real Redis");
    expectSame("our file loaded by a real Redis", before, state(real, false), Care.ALL);
    Files.copy(kept, our, StandardCopyOption.REPLACE_EXISTING);
    expectOk(ask(ours, "DEBUG RELOAD NOSAVE"), "a real Redis' file loaded by us");
    expectSame("a real Redis' file loaded by us", twin, state(ours, false), Care.ALL);
  }

  // Waiting.

  private static void await(String what, Callable<Boolean> condition) throws Difference {
    try {
      Awaitility.await()
          .atMost(WAIT_MILLIS, TimeUnit.MILLISECONDS)
          .pollDelay(Duration.ZERO)
          .pollInterval(POLL_MILLIS, TimeUnit.MILLISECONDS)
          .until(condition);
    } catch (ConditionTimeoutException late) {
      throw new Difference("waited in vain for " + what);
    }
  }

  private void awaitLink() throws Exception {
    await("the replica", () -> info(replica, "replication", "master_link_status").equals("up"));
  }

  private void awaitReplica() throws Exception {
    await(
        "the replica's offset",
        () ->
            info(replica, "replication", "slave_repl_offset")
                .equals(info(ours, "replication", "master_repl_offset")));
  }

  private static String info(RespClient client, String section, String field) throws IOException {
    for (String line : client.call("INFO", section).text().split("\r\n")) {
      if (line.startsWith(field + ":")) {
        return line.substring(field.length() + 1);
      }
    }
    return "";
  }

  private static byte[] ascii(String text) {
    return text.getBytes(ISO_8859_1);
  }

  /** Returns a command as an input line of a client. */
  static String shown(byte[]... words) {
    StringBuilder line = new StringBuilder();
    for (byte[] word : words) {
      String quoted = Quoting.quote(word);
      boolean plain = quoted.matches("\"[!-~&&[^\\\\']]+\"");
      quoted = plain ? quoted.substring(1, quoted.length() - 1) : quoted;
      line.append(line.isEmpty() ? "" : " ");
      line.append(quoted.length() > 600 ? quoted.substring(0, 600) + "…" : quoted);
    }
    return line.toString();
  }

  @Override
  public void close() {
    for (AutoCloseable opened : closing.reversed()) {
      try {
        opened.close();
      } catch (Exception alreadyGone) {
        // others must be closed, too
      }
    }
  }
}
