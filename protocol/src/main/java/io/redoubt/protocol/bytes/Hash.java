package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;

/**
 * A keyed 64-bit hash that folds eight-byte words with 128-bit products. The key is random per
 * process, so that clients cannot prepare colliding keys.
 *
 * <p>All 64 bits are well mixed: any of them may select a bucket, any others a tag.
 */
public final class Hash {

  private static final ValueLayout.OfLong WORD =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt HALF_WORD =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  // Odd numbers with about as many ones as zeros, which spread the bits of the key.
  private static final long SPREAD_1 = 0x9E3779B97F4A7C15L;
  private static final long SPREAD_2 = 0xD1B54A32D192ED03L;

  private final long key1;
  private final long key2;

  public Hash(long key1, long key2) {
    this.key1 = key1 ^ SPREAD_1;
    this.key2 = key2 ^ SPREAD_2;
  }

  /** Creates a hash with a key drawn from {@code random}. */
  public static Hash seeded(RandomGenerator random) {
    return new Hash(random.nextLong(), random.nextLong());
  }

  /** Returns the hash of the bytes {@code [offset, offset + length)} of {@code memory}. */
  public long of(MemorySegment memory, long offset, int length) {
    long first;
    long last;
    long state = key1;
    if (length <= 16) {
      if (length >= 8) {
        first = memory.get(WORD, offset);
        last = memory.get(WORD, offset + length - 8);
      } else if (length >= 4) {
        first = memory.get(HALF_WORD, offset) & 0xffffffffL;
        last = memory.get(HALF_WORD, offset + length - 4) & 0xffffffffL;
      } else if (length > 0) {
        first =
            (memory.get(ValueLayout.JAVA_BYTE, offset) & 0xffL) << 16
                | (memory.get(ValueLayout.JAVA_BYTE, offset + (length >> 1)) & 0xffL) << 8
                | (memory.get(ValueLayout.JAVA_BYTE, offset + length - 1) & 0xffL);
        last = 0;
      } else {
        first = 0;
        last = 0;
      }
    } else {
      long at = offset;
      long lastPair = offset + length - 16;
      do {
        state = fold(memory.get(WORD, at) ^ key2, memory.get(WORD, at + 8) ^ state);
        at += 16;
      } while (at < lastPair);
      first = memory.get(WORD, lastPair);
      last = memory.get(WORD, lastPair + 8);
    }
    return fold(fold(first ^ key2, last ^ state) ^ SPREAD_1, key2 ^ length);
  }

  /** Returns the hash of a whole array. */
  public long of(byte[] bytes) {
    return of(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  private static long fold(long a, long b) {
    return (a * b) ^ Math.unsignedMultiplyHigh(a, b);
  }
}
