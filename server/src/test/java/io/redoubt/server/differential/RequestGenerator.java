package io.redoubt.server.differential;

import static java.util.stream.Collectors.toSet;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.usage.Argument;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Generates requests from a command's declaration: mostly valid ones, occasionally with a surplus
 * or missing word or an invalid number. Keys come from a small set, so that commands often meet the
 * same one.
 */
final class RequestGenerator {
  private static final String[] KEYS = {"a", "b", "c", "d", "e", "\u0000bin\u00ff", ""};
  private static final String[] VALUES = {
    "",
    "0",
    "1",
    "-1",
    "10",
    "007",
    "3.14",
    "hello",
    "Hello World",
    "\r\n\u0000\u00ff",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "nan",
    "inf",
    "1e3",
    "m".repeat(44), // the longest value stored next to its key, and one more
    "n".repeat(45),
    "hello world ".repeat(30)
  };
  private static final String[] NUMBERS = {
    "0",
    "1",
    "2",
    "3",
    "5",
    "10",
    "100",
    "5000",
    "-1",
    "-2",
    "-100",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "x",
    "1.5",
    "",
    " 1",
    "+1",
    "01"
  };

  /** Times that are not within the next minute, so that both servers agree on expired keys. */
  private static final String[] TIMES = {"0", "-1", "-100", "1.5", "x", "9223372036854775807", ""};

  private static final long YEAR_2100_MILLIS = 4_102_444_800_000L;

  private static final String[] DOUBLES = {
    "0", "1", "-1", "0.1", "3.0e3", "1e400", "inf", "-inf", "nan", "x", "", "10.50"
  };
  private static final Map<String, String[]> STRINGS =
      Map.of(
          "encoding",
          new String[] {"u1", "u5", "u8", "u63", "i1", "i8", "i13", "i64", "u64", "i0", "8"},
          "element",
          new String[] {
            "", "a", "b", "c", "hello", "Hello World", "a longer one of 24 bytes", "0"
          });
  private static final String[] PATTERNS = {"*", "a*", "?", "[a-c]", "\\*", "[^a]", "**b", ""};

  private final RandomGenerator random;

  RequestGenerator(RandomGenerator random) {
    this.random = random;
  }

  /** Returns a request for the command. */
  List<byte[]> request(Command<?> command) {
    List<String> words = new ArrayList<>(List.of(command.name().split("\\|")));
    if (random.nextInt(4) == 0) {
      words.set(0, words.get(0).toUpperCase(Locale.ROOT));
    }
    for (Argument argument : command.arguments()) {
      argument(argument, words);
    }
    switch (random.nextInt(40)) {
      case 0 -> words.add(pick(VALUES));
      case 1 -> {
        if (words.size() > 1) {
          words.removeLast();
        }
      }
      case 2 -> {
        if (words.size() > 1) {
          words.set(1 + random.nextInt(words.size() - 1), "NX");
        }
      }
      default -> {
        // as declared
      }
    }
    return words.stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toList();
  }

  /** Returns the tokens that requests for a command may contain. */
  static Set<String> tokens(Command<?> command) {
    return tokens(command.arguments()).collect(toSet());
  }

  private static Stream<String> tokens(List<Argument> arguments) {
    return arguments.stream()
        .filter(RequestGenerator::isKnownToRedis)
        .flatMap(each -> Stream.concat(Stream.ofNullable(each.token()), tokens(each.parts())));
  }

  private void argument(Argument argument, List<String> words) {
    if (argument.optional() && random.nextInt(3) != 0 || !isKnownToRedis(argument)) {
      return;
    }
    int times = argument.multiple() ? 1 + random.nextInt(3) : 1;
    for (int i = 0; i < times; i++) {
      if (argument.token() != null && (i == 0 || argument.occurrence().multipleToken())) {
        String token = argument.token();
        words.add(random.nextInt(4) == 0 ? token.toLowerCase(Locale.ROOT) : token);
      }
      content(argument, words);
    }
  }

  private void content(Argument argument, List<String> words) {
    switch (argument.type()) {
      case KEY -> words.add(pick(KEYS));
      case STRING -> words.add(pick(STRINGS.getOrDefault(argument.name(), VALUES)));
      case INTEGER -> words.add(isTime(argument) ? time(argument) : pick(NUMBERS));
      case DOUBLE -> words.add(pick(DOUBLES));
      case PATTERN -> words.add(pick(PATTERNS));
      case UNIX_TIME -> words.add(time(argument));
      case PURE_TOKEN -> {
        if (argument.token() == null) {
          words.add(argument.name().toUpperCase(Locale.ROOT));
        }
      }
      case ONEOF -> {
        List<Argument> known =
            argument.parts().stream().filter(RequestGenerator::isKnownToRedis).toList();
        argument(known.get(random.nextInt(known.size())), words);
      }
      case BLOCK -> argument.parts().forEach(part -> argument(part, words));
    }
  }

  /** Returns true for an argument that a real Redis before 7.4 has, too. */
  private static boolean isKnownToRedis(Argument argument) {
    String since = argument.versions().since();
    return since == null || since.compareTo("7.4") < 0;
  }

  private static boolean isTime(Argument argument) {
    return List.of("seconds", "milliseconds", "ttl").contains(argument.name());
  }

  /** Returns a time to live or a point in time; two of them are rarely close to each other. */
  private String time(Argument argument) {
    if (random.nextInt(5) == 0) {
      return pick(TIMES);
    }
    long millis = 100_000L * (1 + random.nextInt(100_000));
    if (argument.type() == Argument.Type.UNIX_TIME) {
      millis = random.nextInt(8) == 0 ? millis : YEAR_2100_MILLIS + millis;
    }
    boolean seconds = argument.name().endsWith("seconds") && !argument.name().contains("milli");
    return Long.toString(seconds ? millis / 1000 : millis);
  }

  private String pick(String[] from) {
    return from[random.nextInt(from.length)];
  }
}
