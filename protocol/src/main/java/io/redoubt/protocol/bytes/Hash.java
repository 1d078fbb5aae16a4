package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * A keyed 64-bit hash that folds eight-byte words with 128-bit products. The key is random per
 * process, so that clients cannot prepare colliding keys, unless {@code hash-seed} sets it.
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

  /** Creates the hash whose key follows from a text, the same in each process. */
  public static Hash ofSeed(String seed) {
    ByteBuffer key = digest(Utf8.encode(seed));
    return new Hash(key.getLong(), key.getLong());
  }

  /**
   * Returns a text that is equal for equal keys and does not reveal them.
   *
   * @param salt a text to be combined with the key
   */
  public String fingerprint(String salt) {
    byte[] text = Utf8.encode(salt);
    ByteBuffer keyed = ByteBuffer.allocate(2 * Long.BYTES + text.length);
    keyed.putLong(key1).putLong(key2).put(text);
    return HexFormat.of().toHexDigits(digest(keyed.array()).getInt());
  }

  private static ByteBuffer digest(byte[] bytes) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible); // each Java has it
    }
  }

  /** Returns the hash of the bytes {@code [offset, offset + length)} of {@code memory}. */
  public long of(MemorySegment memory, long offset, int length) {
    long first;
    long last;
    long state = key1;
    if (length <= 16) {
      if (length >= 8) {
        first = word(memory, offset);
        last = word(memory, offset + length - 8);
      } else if (length >= 4) {
        first = halfWord(memory, offset);
        last = halfWord(memory, offset + length - 4);
      } else if (length > 0) {
        first =
            unsignedByte(memory, offset) << 16
                | unsignedByte(memory, offset + (length >> 1)) << 8
                | unsignedByte(memory, offset + length - 1);
        last = 0;
      } else {
        first = 0;
        last = 0;
      }
    } else {
      long at = offset;
      long lastPair = offset + length - 16;
      do {
        state = fold(word(memory, at) ^ key2, word(memory, at + 8) ^ state);
        at += 16;
      } while (at < lastPair);
      first = word(memory, lastPair);
      last = word(memory, lastPair + 8);
    }
    return fold(fold(first ^ key2, last ^ state) ^ SPREAD_1, key2 ^ length);
  }

  /** Returns the hash of a whole array. */
  public long of(byte[] bytes) {
    return of(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  // Methods of their own, because the first compiler (C1) inlines all of an access wherever it
  // stands.

  private static long word(MemorySegment memory, long offset) {
    return memory.get(WORD, offset);
  }

  private static long halfWord(MemorySegment memory, long offset) {
    return memory.get(HALF_WORD, offset) & 0xffffffffL;
  }

  private static long unsignedByte(MemorySegment memory, long offset) {
    return memory.get(ValueLayout.JAVA_BYTE, offset) & 0xffL;
  }

  private static long fold(long a, long b) {
    return (a * b) ^ Math.unsignedMultiplyHigh(a, b);
  }
}
