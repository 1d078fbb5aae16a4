package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expects the sums that redis-server 7.0.15 replied to INCRBYFLOAT on x86-64. */
class LongDoubleTest {

  private static LongDouble number(String text) {
    LongDouble number = LongDouble.parse(text);
    assertThat(number).as(text).isNotNull();
    return number;
  }

  @ParameterizedTest
  @CsvSource({
    "10, 0.1, 10.1",
    "10.1, 1e-17, 10.10000000000000001",
    "10.10000000000000001, 3.0e3, 3010.10000000000000009",
    "3010.10000000000000009, 1e-18, 3010.10000000000000009",
    "3010.10000000000000009, -5.05, 3005.05000000000000004",
    "3005.05000000000000004, 1e10, 10000003005.04999999981373549",
    "10000003005.04999999981373549, 0x10, 10000003021.04999999981373549",
    "5.0e3, 2.0e2, 5200",
    "1, 1e30, 1000000000000000000024696061952",
    "3, -3, 0",
    "0.1, 0.2, 0.3",
    "1, -1.00000000000000000001, 0",
    "0.0000000001, 1e-19, 0.0000000001",
    "17179869184.5, 1.0000001, 17179869185.50000010058283806",
    "-0.0, -0.0, 0",
    "9999999999999999999999999999999999999999999999.5, 1,"
        + " 10000000000000000000103862539808818204560588800",
    "0x1.8p1, 0x.8, 3.5",
    "-1.5, -1.5, -3",
    "1e-4940, 1, 1",
    "1e-4950, 1, 1"
  })
  void addsAsTheProcessorDoes(String one, String other, String sum) {
    LongDouble added = number(one).add(number(other));
    assertThat(added.toString()).isEqualTo(sum);
  }

  @Test
  void printsHugeNumbersInFull() {
    String printed = LongDouble.of(0).add(number("1e4000")).toString();
    assertThat(printed).hasSize(4000).startsWith("9999999999999999999965463873099623784932492583");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nan",
        "1 ",
        " 1",
        "1e5000",
        "-1e5000",
        "1e-5000",
        "1e-4951",
        "1e99999999999",
        "0x1p99999",
        "0x1p9999999999",
        "abc",
        "1.19e4932"
      })
  void refusesNonNumbersAndOverflow(String text) {
    assertThat(LongDouble.parse(text)).isNull();
  }

  @Test
  void recognizesInfinity() {
    LongDouble most = number("1.18e4932");
    assertThat(most.isFinite()).isTrue();
    assertThat(most.add(most).isFinite()).isFalse();
    assertThat(number("inf").isFinite()).isFalse();
    assertThat(number("-inf").add(LongDouble.of(1)).isFinite()).isFalse();
  }

  private static String plain(Random random) {
    StringBuilder text = new StringBuilder(random.nextInt(3) == 0 ? "-" : "");
    int whole = random.nextInt(random.nextInt(5) == 0 ? 30 : 6);
    int places = random.nextInt(random.nextInt(3) == 0 ? 30 : 5);
    for (int i = 0; i <= whole; i++) {
      text.append(random.nextInt(4) == 0 ? 9 * random.nextInt(2) : random.nextInt(10));
    }
    for (int i = 0; i < places; i++) {
      text.append(i == 0 ? "." : "").append(random.nextInt(3) == 0 ? 0 : random.nextInt(10));
    }
    return text.toString();
  }

  private static LongDouble bytes(String text) {
    byte[] bytes = (" " + text).getBytes(US_ASCII);
    LongDouble number = LongDouble.parse(MemorySegment.ofArray(bytes), 1, text.length());
    assertThat(number).as(text).isNotNull();
    return number;
  }

  /** Compares with the same sums in arithmetic of any precision. */
  @Test
  void roundsRandomSums() {
    Random random = Seed.random("LongDoubleTest");
    String last = "0";
    for (int i = 0; i < 200_000; i++) {
      String one = random.nextBoolean() ? last : plain(random);
      String other =
          switch (random.nextInt(8)) {
            case 0 -> one.startsWith("-") ? one.substring(1) : "-" + one; // cancels out
            case 1 -> (random.nextBoolean() ? "-" : "") + "0.1";
            case 2 -> random.nextInt(20) - 10 + "e" + (random.nextInt(40) - 30);
            case 3 -> one.contains(".") ? one + random.nextInt(9) : one + ".5";
            case 4 -> Long.toString(random.nextLong());
            default -> plain(random);
          };
      BigDecimal exact = round(round(new BigDecimal(one)).add(round(new BigDecimal(other))));
      BigDecimal places = exact.setScale(17, RoundingMode.HALF_EVEN);
      String expected = places.signum() == 0 ? "0" : places.stripTrailingZeros().toPlainString();
      LongDouble sum = bytes(one).add(bytes(other));
      assertThat(sum.toString()).as("%s + %s", one, other).isEqualTo(expected);
      assertThat(new String(sum.toBytes(), US_ASCII)).isEqualTo(expected);
      assertThat(number(one).add(number(other)).toString()).isEqualTo(expected);
      last = expected.length() > 45 ? "0" : expected;
    }
    for (long value : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, -1, 0, 1}) {
      assertThat(LongDouble.of(value).toString()).isEqualTo(Long.toString(value));
    }
  }

  /** Rounds to 64 bits, ties to even. */
  private static BigDecimal round(BigDecimal exact) {
    if (exact.signum() == 0) {
      return BigDecimal.ZERO;
    }
    BigDecimal two = BigDecimal.TWO;
    BigDecimal mantissa = exact.abs();
    BigDecimal unit = BigDecimal.ONE;
    BigDecimal limit = two.pow(64);
    while (mantissa.compareTo(limit) >= 0) {
      mantissa = mantissa.divide(two);
      unit = unit.multiply(two);
    }
    BigDecimal half = new BigDecimal("0.5");
    BigDecimal least = two.pow(63);
    while (mantissa.compareTo(least) < 0) {
      mantissa = mantissa.multiply(two);
      unit = unit.multiply(half);
    }
    BigDecimal rounded = mantissa.setScale(0, RoundingMode.HALF_EVEN).multiply(unit);
    return exact.signum() < 0 ? rounded.negate() : rounded;
  }
}
