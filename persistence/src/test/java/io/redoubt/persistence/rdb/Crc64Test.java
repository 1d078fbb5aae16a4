package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class Crc64Test {

  @Test
  void returnsTheCheckValueOfTheJonesPolynomial() {
    MemorySegment digits = MemorySegment.ofArray("123456789".getBytes(StandardCharsets.US_ASCII));
    assertThat(Crc64.update(0, digits, 0, 9)).isEqualTo(0xe9c6d914c4b8d9caL);
  }

  @Test
  void isIndependentOfChunks() {
    byte[] bytes = new byte[1000];
    Seed.random("Crc64Test").nextBytes(bytes);
    MemorySegment memory = MemorySegment.ofArray(bytes);
    long byByte = 0;
    for (int i = 3; i < 1000; i++) {
      byByte = Crc64.update(byByte, memory, i, 1);
    }
    assertThat(Crc64.update(0, memory, 3, 997)).isEqualTo(byByte);
    assertThat(Crc64.update(Crc64.update(0, memory, 3, 500), memory, 503, 497)).isEqualTo(byByte);
  }

  @Test
  void isEqualForLargeMemoryAndItsParts() {
    byte[] bytes = new byte[200_000];
    RandomGenerator random = Seed.random("Crc64Test.much");
    random.nextBytes(bytes);
    MemorySegment memory = MemorySegment.ofArray(bytes);
    long parts = 0;
    for (int done = 0; done < bytes.length; ) {
      int part = Math.min(bytes.length - done, 1 + random.nextInt(200));
      parts = Crc64.update(parts, memory, done, part);
      done += part;
    }
    assertThat(Crc64.update(0, memory, 0, bytes.length)).isEqualTo(parts);
    long begin = Crc64.update(0, memory, 0, 1001);
    assertThat(Crc64.update(begin, memory, 1001, bytes.length - 1001)).isEqualTo(parts);
  }
}
