package io.redoubt.protocol.bytes;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ByteStringTest {

  @Test
  void holdsItsBytes() {
    byte[] bytes = "grün".getBytes(UTF_8);
    ByteString string = ByteString.of(bytes);
    bytes[0] = 'x';
    assertThat(string).hasToString("grün").isEqualTo(ByteString.of("grün"));
    assertThat(string.hashCode()).isEqualTo(ByteString.of("grün").hashCode());
    assertThat(string.length()).isEqualTo(5);
    assertThat(string.equals(string.asSegment(), 0, 5)).isTrue();
    assertThat(string.equals(string.asSegment(), 0, 4)).isFalse();
    assertThat(string.equals(MemorySegment.ofArray("xgrünx".getBytes(UTF_8)), 1, 5)).isTrue();
    assertThat(ByteString.copyOf(string.asSegment(), 1, 1)).isEqualTo(ByteString.of("r"));
    assertThat(ByteString.copyOf(string.asSegment(), 1, 0)).isSameAs(ByteString.EMPTY);
  }

  @Test
  void isOrderedByUnsignedBytes() {
    assertThat(ByteString.of(new byte[] {(byte) 0xff})).isGreaterThan(ByteString.of("a"));
    assertThat(ByteString.of("a")).isLessThan(ByteString.of("aa"));
  }

  @Test
  void lowersEightBytesLikeSingleBytes() {
    for (int b = 0; b < 256; b++) {
      long word = b * 0x0101010101010101L;
      assertThat(Ascii.lowerWord(word)).isEqualTo(Ascii.lower(b) * 0x0101010101010101L);
    }
    assertThat(Ascii.lowerWord(0x5a_7f_80_41_ff_5b_40_00L)).isEqualTo(0x7a_7f_80_61_ff_5b_40_00L);
  }
}
