package io.redoubt.protocol.bytes;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HashTest {

  private static byte[] key(int i, int length) {
    byte[] key = new byte[length];
    for (int at = 0; at < length; at++) {
      key[at] = (byte) ('0' + (i >>> (at % 4 * 8) & 0xff));
    }
    return key;
  }

  private static long hash(Hash hash, byte[] bytes) {
    return hash.of(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  @Test
  void dependsOnBytesAndKeyOnly() {
    Random random = Seed.random("HashTest");
    Hash hash = Hash.seeded(random);
    for (int length = 0; length < 100; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      MemorySegment elsewhere = Arena.ofAuto().allocate(length + 64L).fill((byte) 7);
      MemorySegment.copy(MemorySegment.ofArray(bytes), 0, elsewhere, 13, length);
      assertThat(hash.of(elsewhere, 13, length)).isEqualTo(hash(hash, bytes));
      assertThat(hash(new Hash(1, 2), bytes)).isNotEqualTo(hash(new Hash(1, 3), bytes));
    }
  }

  @Test
  void dependsOnEveryByteAndTheLength() {
    Hash hash = new Hash(0x1234567890abcdefL, 42);
    for (int length = 1; length < 80; length++) {
      Set<Long> hashes = new HashSet<>();
      byte[] bytes = new byte[length];
      hashes.add(hash(hash, bytes));
      for (int i = 0; i < length; i++) {
        for (int bit = 0; bit < 8; bit++) {
          bytes[i] ^= (byte) (1 << bit);
          hashes.add(hash(hash, bytes));
          bytes[i] ^= (byte) (1 << bit);
        }
      }
      hashes.add(hash(hash, new byte[length - 1]));
      assertThat(hashes).hasSize(length * 8 + 2);
    }
  }

  @Test
  void mixesAllBits() {
    Hash hash = Hash.seeded(Seed.random("HashTest"));
    for (int length : new int[] {4, 8, 16, 24}) {
      int keys = 1 << 16;
      int[] low = new int[256];
      int[] high = new int[256];
      for (int i = 0; i < keys; i++) {
        long h = hash(hash, key(i, length));
        low[(int) (h & 0xff)]++;
        high[(int) (h >>> 56)]++;
      }
      // 256 expected in each; 6 standard deviations of sqrt(256) = 16
      for (int i = 0; i < 256; i++) {
        assertThat(low[i]).isBetween(256 - 96, 256 + 96);
        assertThat(high[i]).isBetween(256 - 96, 256 + 96);
      }
    }
  }
}
