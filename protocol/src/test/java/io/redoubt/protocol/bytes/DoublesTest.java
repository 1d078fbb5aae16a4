package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DoublesTest {

  private static double parse(String text) {
    return Doubles.parseOrNaN(MemorySegment.ofArray(text.getBytes(ISO_8859_1)), 0, text.length());
  }

  @ParameterizedTest
  @CsvSource({
    "3,3",
    "-3,-3",
    "3.0,3",
    "3.1,3.1",
    "0.1,0.1",
    "-0.5,-0.5",
    "0,0",
    "1e5,100000",
    "1e15,1000000000000000",
    "4503599627370496,4503599627370496",
    "1e16,10000000000000000",
    "1e17,100000000000000000",
    "1e18,1000000000000000000",
    "4611686018427387904,4611686018427387904",
    "-4611686018427387904,-4611686018427387904",
    "9223372036854775808,9223372036854776000",
    "5.349995802851444e+17,534999580285144384",
    "12345678901234567890123,12345678901234568000000",
    "1e19,1e+19",
    "1e23,99999999999999990000000",
    "-799085238725183.2,-799085238725183.3",
    "-551.393065754058,-551.3930657540579",
    "-121.8235709,-121.82357090000001",
    "3.3e-320,3.3e-320",
    "2.2250738585072014e-308,2.2250738585072014e-308",
    "1e20,1e+20",
    "1e22,1e+22",
    "1e300,1e+300",
    "-1e300,-1e+300",
    "1.5e-7,1.5e-7",
    "0.00001,0.00001",
    "0.000001,0.000001",
    "1e-7,1e-7",
    "0.0001,0.0001",
    "0.00012,0.00012",
    "123456789.123456789,1.2345678912345679e+8",
    "12345.6789012,1.23456789012e+4",
    "1234.5678901,1234.5678901",
    "0.00012345678,1.2345678e-4",
    "0.0012345678,0.0012345678",
    "5e-324,5e-324",
    "1.7976931348623157e308,1.7976931348623157e+308",
    "9007199254740993,9007199254740992",
    "3.0000000000000001,3",
    "1234567890123456.7,1234567890123456.7",
    "12345678.9,12345678.9",
    "0.30000000000000004,0.30000000000000004",
    "100.25,100.25"
  })
  void writesTheDigitsOfRedis72(String text, String expected) {
    assertThat(Doubles.format(parse(text))).isEqualTo(expected);
  }

  @Test
  void writesSpecialNumbers() {
    assertThat(Doubles.format(Double.POSITIVE_INFINITY)).isEqualTo("inf");
    assertThat(Doubles.format(Double.NEGATIVE_INFINITY)).isEqualTo("-inf");
    assertThat(Doubles.format(Double.NaN)).isEqualTo("nan");
    assertThat(Doubles.format(-0.0)).isEqualTo("-0");
  }

  @Test
  void readsBackWhatItWrites() {
    Random random = Seed.random("DoublesTest");
    byte[] bytes = new byte[Doubles.MAX_LENGTH];
    MemorySegment memory = MemorySegment.ofArray(bytes);
    int digits = 0;
    int shorter = 0;
    for (int i = 0; i < 200_000; i++) {
      double value =
          switch (i % 4) {
            case 0 -> Double.longBitsToDouble(random.nextLong());
            case 1 -> random.nextInt(1_000_000) / 1000.0;
            case 2 -> random.nextDouble() * Math.pow(10, random.nextInt(40) - 20);
            default -> random.nextLong() >> random.nextInt(64);
          };
      if (Double.isNaN(value) || Double.isInfinite(value)) {
        continue;
      }
      int length = Doubles.write(memory, 0, value);
      assertThat(Doubles.parseOrNaN(memory, 0, length)).isEqualTo(value);
      String text = new String(bytes, 0, length, ISO_8859_1);
      assertThat(Double.parseDouble(text)).isEqualTo(value);
      // As short as Java's form in all but about one of a hundred cases.
      if (value != (long) value) {
        digits++;
        int shortest = digits(Double.toString(value)).length();
        shorter += digits(text).length() <= shortest ? 1 : 0;
        assertThat(digits(text).length()).isLessThanOrEqualTo(17);
      }
    }
    assertThat(shorter).isGreaterThan(digits / 100 * 99);
  }

  @Test
  void roundsManyDigitsToTheNearest() {
    Random random = Seed.random("DoublesTest");
    for (int i = 0; i < 1_000_000; i++) {
      long digits = random.nextLong() >>> (1 + random.nextInt(12));
      checkDecimal(BigDecimal.valueOf(digits, random.nextInt(25)));
    }
  }

  @Test
  void roundsHalvesToEven() {
    Random random = Seed.random("DoublesTest");
    for (int i = 0; i < 100_000; i++) {
      // Half way between two doubles with up to 19 digits, and next to it.
      BigDecimal half =
          new BigDecimal((random.nextLong() >>> 10) | 1)
              .divide(new BigDecimal(1L << random.nextInt(6)));
      BigDecimal least = BigDecimal.valueOf(1, half.scale());
      checkDecimal(half);
      checkDecimal(half.add(least));
      checkDecimal(half.subtract(least));
    }
    for (int exponent = -20; exponent < 60; exponent++) {
      BigDecimal power = new BigDecimal(Math.pow(2, exponent)).round(new MathContext(18));
      BigDecimal least = BigDecimal.valueOf(1, power.scale() + 1);
      for (int steps = -2000; steps <= 2000; steps++) {
        checkDecimal(power.add(least.multiply(new BigDecimal(steps))));
      }
    }
  }

  private static void checkDecimal(BigDecimal number) {
    String text = number.abs().toPlainString();
    assertThat(parse(text)).as(text).isEqualTo(Double.parseDouble(text));
    assertThat(parse("-" + text)).as(text).isEqualTo(Double.parseDouble("-" + text));
  }

  private static String digits(String number) {
    return number
        .replaceAll("[eE].*", "")
        .replaceAll("[-.]", "")
        .replaceAll("^0+", "")
        .replaceAll("0+$", "");
  }

  @ParameterizedTest
  @CsvSource({
    "1,1",
    "+1,1",
    "-1,-1",
    "1.,1",
    ".5,0.5",
    "-.5,-0.5",
    "0x1A,26",
    "0x1.8p3,12",
    "0X.8,0.5",
    "1e3,1000",
    "1E+3,1000",
    "2.5e-1,0.25",
    "123456789012345678901234567890,1.2345678901234568e29",
    "0.1000000000000000055511151231257827021181583404541015625,0.1",
    "0e999,0",
    "0x0p9,0"
  })
  void parsesLikeC(String text, double value) {
    assertThat(parse(text)).isEqualTo(value);
    assertThat(Doubles.parseOrNaN(text)).isEqualTo(value);
  }

  @Test
  void readsInfinity() {
    for (String text : new String[] {"inf", "+inf", "INF", "infinity", "+Infinity"}) {
      assertThat(parse(text)).isEqualTo(Double.POSITIVE_INFINITY);
      assertThat(parse("-" + text.replace("+", ""))).isEqualTo(Double.NEGATIVE_INFINITY);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "+",
        "-",
        ".",
        "+.",
        "e5",
        "1e",
        "1e+",
        " 1",
        "1 ",
        "0x",
        "1d",
        "1f",
        "0x1p",
        "0xp1",
        "1p5",
        "1_0",
        "nan",
        "-nan",
        "1e400",
        "-1e400",
        "1e-400",
        "infin",
        "0x1d.f.1",
        "1..2",
        "\u0661"
      })
  void refusesNonNumbers(String text) {
    assertThat(Doubles.parseOrNaN(text)).isNaN();
    byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    MemorySegment memory = MemorySegment.ofArray(bytes);
    assertThat(Doubles.parseOrNaN(memory, 0, bytes.length)).isNaN();
  }

  @Test
  void takesNoTextOfMegabytesForANumber() {
    int length = 1 << 20;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment digits = arena.allocate(length).fill((byte) '1');
      assertThat(Doubles.parseOrNaN(digits, 0, length)).isNaN();
      assertThat(Doubles.parseLeniently(digits, 0, length)).isNaN();
      assertThat(Doubles.parseOrNaN(digits, 0, 300)).isEqualTo(1.1111111111111111e299);
    }
  }
}
