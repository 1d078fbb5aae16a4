package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        -1,
        9,
        10,
        99,
        100,
        12345678901L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -10,
        1L << 53
      })
  void writesAndReadsBack(long value) {
    byte[] bytes = new byte[32];
    int length = Numbers.writeLong(MemorySegment.ofArray(bytes), 3, value);
    assertThat(new String(bytes, 3, length, ISO_8859_1)).isEqualTo(Long.toString(value));
    assertThat(Numbers.decimalLength(value)).isEqualTo(length);
    assertThat(Numbers.parseLong(MemorySegment.ofArray(bytes), 3, length)).isEqualTo(value);
    assertThat(Numbers.isLong(MemorySegment.ofArray(bytes), 3, length)).isTrue();
  }

  @Test
  void writesAndReadsBackRandomNumbers() {
    Random random = Seed.random("NumbersTest");
    byte[] bytes = new byte[32];
    MemorySegment memory = MemorySegment.ofArray(bytes);
    for (int i = 0; i < 100_000; i++) {
      long value = random.nextLong() >> random.nextInt(64);
      int length = Numbers.writeLong(memory, 0, value);
      assertThat(new String(bytes, 0, length, ISO_8859_1)).isEqualTo(Long.toString(value));
      assertThat(Numbers.parseLong(memory, 0, length, ~value)).isEqualTo(value);
    }
  }

  @Test
  void writesNothingBeyondTheDigits() {
    for (long power = 1; power > 0 && power <= 1_000_000_000_000_000_000L; power *= 10) {
      for (long value : new long[] {power - 1, power, power + 1, 9 * power, -power, 1 - power}) {
        String expected = Long.toString(value);
        byte[] bytes = "#".repeat(32).getBytes(ISO_8859_1);
        int length = Numbers.writeLong(MemorySegment.ofArray(bytes), 5, value);
        assertThat(length).isEqualTo(expected.length()).isEqualTo(Numbers.decimalLength(value));
        assertThat(new String(bytes, ISO_8859_1))
            .isEqualTo("#####" + expected + "#".repeat(27 - length));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 9, 10, 99, 100, 9_999, 10_000, 123_456, 1_000_000, 99_999_999})
  void writesAsAWord(long value) {
    assertThat(text(Numbers.decimalWord(value))).isEqualTo(Long.toString(value));
  }

  @Test
  void writesRandomNumbersAsAWord() {
    Random random = Seed.random("NumbersTest.word");
    for (int i = 0; i < 100_000; i++) {
      long value = random.nextLong(1, 100_000_000) >> random.nextInt(27);
      if (value > 0) {
        assertThat(text(Numbers.decimalWord(value))).isEqualTo(Long.toString(value));
      }
    }
  }

  private static String text(long word) {
    byte[] bytes = new byte[Long.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(word);
    return new String(bytes, ISO_8859_1).replaceFirst("\0+$", "");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "01",
        "-0",
        "-01",
        "00",
        "1a",
        "a",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551617",
        "99999999999999999999",
        "1.0",
        "--1",
        "100000000000000000000",
        "/",
        ":"
      })
  void refusesNonNumbers(String text) {
    MemorySegment memory = MemorySegment.ofArray(text.getBytes(ISO_8859_1));
    int length = text.length();
    assertThat(Numbers.isLong(memory, 0, length)).isFalse();
    assertThat(Numbers.parseLong(memory, 0, length, 42)).isEqualTo(42);
    assertThat(Numbers.parseLong(text, 43)).isEqualTo(43);
    assertThatThrownBy(() -> Numbers.parseLong(memory, 0, length))
        .isInstanceOf(NumberFormatException.class);
  }
}
