package io.redoubt.server.differential;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random sequences of ACL rules: what they allow and how they are shown, with a real Redis and
 * ours.
 */
final class AclRulesTwinsTest {
  private static final int SEQUENCES = Integer.getInteger("redoubt.aclSequences", 150);
  private static final int DRY_RUNS = 25;

  @TempDir private Path directory;

  private final Random random = Seed.random("AclRulesTwinsTest");
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> arities = new HashMap<>();
  private final List<String> categories = new ArrayList<>();

  /** Categories that ours fills with other commands than the real one: their fit may differ. */
  private final Set<String> unlike = new TreeSet<>();

  private int alike;

  @Test
  void appliesRulesLikeRedis() throws Exception {
    try (var twins = Twins.start(directory);
        var conversation = new Conversation(twins, 1, "2")) {
      learn(conversation);
      for (int i = 0; i < SEQUENCES; i++) {
        conversation.say(0, "ACL SETUSER u reset");
        int rules = 1 + random.nextInt(8);
        for (int k = 0; k < rules; k++) {
          conversation.say(0, "ACL SETUSER u " + rule());
        }
        compareTexts(conversation);
        for (int k = 0; k < DRY_RUNS; k++) {
          conversation.say(0, "ACL DRYRUN u " + call());
        }
      }
      System.out.println(
          "AclRulesTwinsTest: %d of %d texts compared whole".formatted(alike, SEQUENCES));
    }
  }

  private void learn(Conversation conversation) {
    Map<String, Set<String>> real = members(conversation, true);
    Map<String, Set<String>> ours = members(conversation, false);
    real.forEach((category, members) -> {
      categories.add(category);
      if (!members.equals(ours.get(category))) {
        unlike.add(category);
      }
    });
    Map<String, Integer> known = commands(conversation.askOurs(0, words("COMMAND")));
    arities.putAll(commands(conversation.askReal(0, words("COMMAND"))));
    arities.keySet().retainAll(known.keySet());
    names.addAll(arities.keySet());
    names.sort(null);
  }

  private static Map<String, Integer> commands(byte[] reply) {
    Map<String, Integer> arities = new HashMap<>();
    for (Reply command : Leniency.parse(reply).elements()) {
      arities.put(command.elements().get(0).text(), arity(command));
      for (Reply subcommand : command.elements().get(9).elements()) {
        arities.put(subcommand.elements().get(0).text(), arity(subcommand));
      }
    }
    return arities;
  }

  private static int arity(Reply command) {
    return Integer.parseInt(command.elements().get(1).toString().replaceAll("[^-0-9]", ""));
  }

  private static Map<String, Set<String>> members(Conversation conversation, boolean real) {
    var members = new TreeMap<String, Set<String>>();
    for (Reply category : cat(conversation, real)) {
      Set<String> names = new TreeSet<>();
      for (Reply name : cat(conversation, real, category.text())) {
        names.add(name.text());
      }
      members.put(category.text(), names);
    }
    return members;
  }

  private static List<Reply> cat(Conversation conversation, boolean real, String... category) {
    byte[][] words =
        words(Stream.concat(Stream.of("ACL", "CAT"), Stream.of(category)).toArray(String[]::new));
    return Leniency.parse(real ? conversation.askReal(0, words) : conversation.askOurs(0, words))
        .elements();
  }

  private static byte[][] words(String... words) {
    return Stream.of(words).map(Conversation::bytes).toArray(byte[][]::new);
  }

  private String rule() {
    String sign = random.nextBoolean() ? "+" : "-";
    return switch (random.nextInt(12)) {
      case 0 -> sign + "@all";
      case 1, 2, 3, 4 -> sign + "@" + any(categories);
      case 5 -> "+select|" + random.nextInt(3);
      case 6 -> any(List.of("~1", "%R~1", "%W~1*", "%RW~b", "allkeys", "resetkeys"));
      case 7 -> any(List.of("%RWR~x", "%~x", "%r~", "%X~", "%", "%W", "~", "%WW~y", "%rW~z"));
      case 8 -> any(List.of("&a*", "allchannels", "resetchannels", "&"));
      default -> sign + any(names);
    };
  }

  private String any(List<String> list) {
    return list.get(random.nextInt(list.size()));
  }

  /**
   * A call of a random command with more arguments than it needs, which also count keys: with fewer
   * Redis finds none of the keys of some commands, and allows them.
   */
  private String call() {
    String name = any(names);
    int arity = arities.get(name);
    var text = new StringBuilder(name.replace('|', ' '));
    int given = text.indexOf(" ") < 0 ? 1 : 2;
    for (int i = given; i < Math.abs(arity) + (arity < 0 ? 1 : 0); i++) {
      text.append(' ').append("1");
    }
    return text.toString();
  }

  /**
   * Redis lists single commands in the order of its hash table; and a category fits ours otherwise
   * where ours has more commands. Then the rules of each must make the same user.
   */
  private void compareTexts(Conversation conversation) {
    List<String> real = rules(conversation.askReal(0, words("ACL", "LIST")));
    List<String> ours = rules(conversation.askOurs(0, words("ACL", "LIST")));
    for (List<String> rules : List.of(real, ours)) {
      rules.removeIf(word -> !isNoCommand(word) && !known(word.substring(1)));
    }
    boolean comparable =
        Stream.concat(real.stream(), ours.stream())
            .filter(word -> word.matches("[-+]@.*"))
            .noneMatch(word -> unlike.contains(word.substring(2)));
    if (comparable) {
      alike++;
      conversation.expectSame(
          "categories",
          real.stream().filter(this::isNoCommand).toList(),
          ours.stream().filter(this::isNoCommand).toList());
      conversation.expectSame("commands", new TreeSet<>(real), new TreeSet<>(ours));
    }
    conversation.say(0, "ACL SETUSER u reset " + String.join(" ", ours));
  }

  private boolean known(String name) {
    return names.contains(name) || name.startsWith("select|");
  }

  private boolean isNoCommand(String word) {
    return !word.matches("[-+][^@].*");
  }

  private static List<String> rules(byte[] list) {
    for (Reply line : Leniency.parse(list).elements()) {
      if (line.text().startsWith("user u ")) {
        return new ArrayList<>(List.of(line.text().substring("user u ".length()).split(" ")));
      }
    }
    throw new AssertionError(new String(list, ISO_8859_1));
  }
}
