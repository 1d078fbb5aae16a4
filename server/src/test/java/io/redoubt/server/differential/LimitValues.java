package io.redoubt.server.differential;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** Random arguments, mostly ones at which something wraps, overflows or changes its encoding. */
final class LimitValues {
  /**
   * Lengths at which an encoding of a listpack, a ziplist or an RDB file changes, and one above
   * each.
   */
  private static final int[] LENGTHS = {0, 1, 11, 12, 20, 21, 44, 45, 63, 64, 65, 128, 253, 254};

  private static final int[] LONG_LENGTHS = {255, 4_095, 4_096, 8_192, 16_383, 16_384, 70_000};

  private static final String[] ODD = {"007", "-0", "+1", "1 ", "1e3", "0x10", "\0", "\r\n", " "};

  private static final String[] SCORES = {
    "inf",
    "-inf",
    "+inf",
    "0",
    "-0",
    "-0.0",
    "4.9406564584124654e-324",
    "-4.9406564584124654e-324",
    "2.2250738585072009e-308",
    "2.2250738585072014e-308",
    "1.7976931348623157e308",
    "-1.7976931348623157e308",
    "0.1",
    "0.30000000000000004",
    "3.1415926535897931",
    "1234567.8901234567",
    "1e21",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1e400",
    "nan",
    "1e-400"
  };

  private static final String[] SEQUENCES = {
    "0",
    "1",
    "2",
    "3",
    "127",
    "4095",
    "4294967296",
    "9223372036854775806",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551613",
    "18446744073709551614",
    "18446744073709551615"
  };

  private final RandomGenerator random;

  LimitValues(RandomGenerator random) {
    this.random = random;
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }

  boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** Returns an integer of 64 bits, often near a power of two. */
  long integer() {
    return switch (random.nextInt(5)) {
      case 0 -> Long.MAX_VALUE - random.nextInt(3);
      case 1 -> Long.MIN_VALUE + random.nextInt(3);
      case 2 -> {
        long edge = 1L << random.nextInt(64);
        yield (random.nextBoolean() ? edge : -edge) + random.nextInt(-1, 2);
      }
      case 3 -> random.nextInt(-3, 20);
      default -> random.nextLong() >> random.nextInt(64);
    };
  }

  /** Returns bytes, one character each: numbers, texts at the limits of encodings, noise. */
  String text() {
    return switch (random.nextInt(9)) {
      case 0 -> "";
      case 1 -> Long.toString(integer());
      case 2 -> pick(ODD);
      case 3 -> "a".repeat(LENGTHS[random.nextInt(LENGTHS.length)]);
      case 4 -> noise(LENGTHS[random.nextInt(LENGTHS.length)]);
      case 5 -> oneIn(4) ? noise(LONG_LENGTHS[random.nextInt(LONG_LENGTHS.length)]) : "long";
      case 6 -> oneIn(4) ? "ab".repeat(LONG_LENGTHS[random.nextInt(LONG_LENGTHS.length)]) : "rep";
      default -> "m" + random.nextInt(12);
    };
  }

  private String noise(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns the name of a field, member, consumer or group, from a small set so that commands often
   * meet the same one.
   */
  String name() {
    return oneIn(4) ? text() : "m" + random.nextInt(12);
  }

  String score() {
    return switch (random.nextInt(4)) {
      case 0, 1 -> pick(SCORES);
      case 2 -> Integer.toString(random.nextInt(-2, 5));
      default -> Double.toString(random.nextGaussian() * Math.pow(10, random.nextInt(-320, 300)));
    };
  }

  /** Returns some texts: a few, occasionally enough for a large encoding. */
  List<String> several(int each) {
    int count = oneIn(12) ? 100 + random.nextInt(500) : 1 + random.nextInt(4);
    boolean numbers = random.nextBoolean();
    List<String> several = new ArrayList<>();
    for (int i = 0; i < count * each; i++) {
      several.add(count < 100 ? name() : numbers ? Integer.toString(i) : "m" + i);
    }
    return several;
  }

  /** Returns alternating scores and members. */
  List<String> scored() {
    List<String> scored = new ArrayList<>();
    for (String member : several(1)) {
      scored.add(score());
      scored.add(member);
    }
    return scored;
  }

  /** Returns the id of a stream entry. */
  String id() {
    return switch (random.nextInt(8)) {
      case 0 -> pick(SEQUENCES) + "-" + pick(SEQUENCES);
      case 1 -> pick(SEQUENCES) + "-*";
      case 2 -> pick(SEQUENCES);
      default -> random.nextInt(1, 12) + "-" + random.nextInt(3);
    };
  }

  /** Returns a duration in milliseconds, which rarely ends during a sequence. */
  long duration() {
    return switch (random.nextInt(7)) {
      case 0 -> Long.MAX_VALUE - random.nextInt(2);
      case 1 -> Long.MAX_VALUE / 2;
      case 2 -> Long.MAX_VALUE / 1000 - random.nextInt(3);
      case 3 -> -random.nextLong(0, 1L << random.nextInt(1, 63));
      default -> 100_000 + random.nextLong(1L << random.nextInt(10, 50));
    };
  }

  /** Returns a time in milliseconds since 1970: long past, far off or never. */
  long time() {
    return switch (random.nextInt(8)) {
      case 0 -> Long.MAX_VALUE - random.nextInt(2);
      case 1 -> Long.MIN_VALUE + random.nextInt(2);
      case 2 -> random.nextInt(-1, 2);
      case 3 -> (1L << 48) - random.nextInt(3); // the maximum for expiring fields
      case 4 -> Long.MAX_VALUE / 1000;
      default -> 4_000_000_000_000L + random.nextLong(1L << random.nextInt(10, 62));
    };
  }
}
