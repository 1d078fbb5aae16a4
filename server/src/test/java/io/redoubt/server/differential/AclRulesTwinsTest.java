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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random sequences of ACL rules: their permissions and their text, compared with a real Redis. */
final class AclRulesTwinsTest {
  private static final int SEQUENCES = Integer.getInteger("redoubt.aclSequences", 150);
  private static final int DRY_RUNS = 15;

  @TempDir private Path directory;

  private final Random random = Seed.random("AclRulesTwinsTest");
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> arities = new HashMap<>();
  private final List<String> categories = new ArrayList<>();

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
        compareCalls(conversation);
        compareTexts(conversation);
        compareCalls(conversation);
      }
    }
  }

  private void compareCalls(Conversation conversation) {
    for (int k = 0; k < DRY_RUNS; k++) {
      conversation.say(0, "ACL DRYRUN u " + call());
    }
  }

  private void learn(Conversation conversation) {
    cat(conversation).forEach(category -> categories.add(category.text()));
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

  private static List<Reply> cat(Conversation conversation) {
    return Leniency.parse(conversation.askReal(0, words("ACL", "CAT"))).elements();
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
   * Returns a call of a random command with surplus arguments, some of which are keys: with fewer
   * arguments Redis finds no keys for some commands, and allows them.
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
   * The real server, which derives the rules it shows from the permitted commands, is given the
   * rules that Redoubt shows, which are in the given order. Both must define the same user.
   */
  private void compareTexts(Conversation conversation) {
    List<String> real = rules(conversation.askReal(0, words("ACL", "LIST")));
    List<String> ours = rules(conversation.askOurs(0, words("ACL", "LIST")));
    conversation.expectSame(
        "rules on keys and channels",
        real.stream().filter(AclRulesTwinsTest::isPattern).toList(),
        ours.stream().filter(AclRulesTwinsTest::isPattern).toList());
    ours.removeIf(word -> word.matches("[-+][^@].*") && !known(word.substring(1)));
    ours.addAll(0, List.of("ACL", "SETUSER", "u", "reset"));
    conversation.askReal(0, words(ours.toArray(String[]::new)));
  }

  private boolean known(String name) {
    return names.contains(name) || name.startsWith("select|");
  }

  private static boolean isPattern(String word) {
    return word.matches("[~%&].*|resetchannels");
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
