package io.redoubt.protocol.bytes;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * XXH3 with 64 bits, no seed and the default secret: the hash of the xxHash specification (version
 * 0.2.0, section XXH3) that clients compute for DIGEST and IFDEQ. Allocates nothing.
 */
public final class Xxh3 {
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final MemorySegment SECRET =
      MemorySegment.ofArray(
          HexFormat.of()
              .parseHex(
                  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
                      + "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
                      + "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
                      + "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
                      + "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
                      + "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"));

  private static final int STRIPE = 64;
  private static final int BLOCK = 1024;
  private static final int SCRAMBLING = 128;
  private static final int LAST_STRIPE = 121;
  private static final int MERGING = 11;

  private static final long PRIME32_1 = 0x9E3779B1L;
  private static final long PRIME32_2 = 0x85EBCA77L;
  private static final long PRIME32_3 = 0xC2B2AE3DL;
  private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME64_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME64_3 = 0x165667B19E3779F9L;
  private static final long PRIME64_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME64_5 = 0x27D4EB2F165667C5L;
  private static final long PRIME_MX1 = 0x165667919E3779F9L;
  private static final long PRIME_MX2 = 0x9FB21C651E98DF25L;

  private final MemorySegment input;
  private final long start;
  private final long length;

  private Xxh3(MemorySegment input, long start, long length) {
    this.input = input;
    this.start = start;
    this.length = length;
  }

  /** Returns the hash of {@code length} bytes of a segment from {@code start} on. */
  public static long of(MemorySegment input, long start, long length) {
    Xxh3 hash = new Xxh3(input, start, length);
    if (length <= 16) {
      return hash.ofUpTo16();
    }
    if (length <= 128) {
      return hash.ofUpTo128();
    }
    return length <= 240 ? hash.ofUpTo240() : hash.ofLong();
  }

  private long ofUpTo16() {
    if (length > 8) {
      long low = word(0) ^ secret(24) ^ secret(32);
      long high = word(length - 8) ^ secret(40) ^ secret(48);
      return avalanche(length + Long.reverseBytes(low) + high + fold(low, high));
    }
    if (length >= 4) {
      long first = input.get(INT, start);
      long last = Integer.toUnsignedLong(input.get(INT, start + length - 4));
      long mixed = (last + (first << 32)) ^ secret(8) ^ secret(16);
      mixed ^= Long.rotateLeft(mixed, 49) ^ Long.rotateLeft(mixed, 24);
      mixed *= PRIME_MX2;
      mixed ^= (mixed >>> 35) + length;
      mixed *= PRIME_MX2;
      return mixed ^ (mixed >>> 28);
    }
    if (length > 0) {
      long combined =
          (octet(0) << 16) | (octet(length >> 1) << 24) | octet(length - 1) | (length << 8);
      return avalancheOfXxh64(combined ^ ((secret(0) ^ (secret(0) >>> 32)) & 0xFFFF_FFFFL));
    }
    return avalancheOfXxh64(secret(56) ^ secret(64));
  }

  private long ofUpTo128() {
    long sum = length * PRIME64_1;
    for (long round = (length - 1) / 32; round >= 0; round--) {
      sum += mixed(16 * round, 32 * round);
      sum += mixed(length - 16 * (round + 1), 32 * round + 16);
    }
    return avalanche(sum);
  }

  private long ofUpTo240() {
    long sum = length * PRIME64_1;
    for (int i = 0; i < 8; i++) {
      sum += mixed(16 * i, 16 * i);
    }
    sum = avalanche(sum);
    for (int i = 8; i < length / 16; i++) {
      sum += mixed(16 * i, 16 * (i - 8) + 3);
    }
    return avalanche(sum + mixed(length - 16, 119));
  }

  /**
   * Hashes stripes of eight words, each with an accumulator. The accumulators of a pair of words
   * depend on that pair only, so the pairs are summed one after another, in four passes.
   */
  private long ofLong() {
    long sum = length * PRIME64_1;
    sum += pair(0, PRIME32_3, PRIME64_1);
    sum += pair(2, PRIME64_2, PRIME64_3);
    sum += pair(4, PRIME64_4, PRIME32_2);
    return avalanche(sum + pair(6, PRIME64_5, PRIME32_1));
  }

  private long pair(int lane, long initialLeft, long initialRight) {
    long left = initialLeft;
    long right = initialRight;
    long key = 8L * lane;
    long stripes = (length - 1) / STRIPE;
    int inBlock = 0;
    for (long stripe = 0; stripe < stripes; stripe++) {
      long at = stripe * STRIPE + key;
      long a = word(at);
      long b = word(at + 8);
      left += b + product(a ^ secret(key + 8 * inBlock));
      right += a + product(b ^ secret(key + 8 * inBlock + 8));
      if (++inBlock == BLOCK / STRIPE) {
        inBlock = 0;
        left = scrambled(left, SCRAMBLING + key);
        right = scrambled(right, SCRAMBLING + key + 8);
      }
    }
    long a = word(length - STRIPE + key);
    long b = word(length - STRIPE + key + 8);
    left += b + product(a ^ secret(LAST_STRIPE + key));
    right += a + product(b ^ secret(LAST_STRIPE + key + 8));
    return fold(left ^ secret(MERGING + key), right ^ secret(MERGING + key + 8));
  }

  private static long product(long mixed) {
    return (mixed & 0xFFFF_FFFFL) * (mixed >>> 32);
  }

  private static long scrambled(long sum, long key) {
    return (sum ^ (sum >>> 47) ^ secret(key)) * PRIME32_1;
  }

  private long mixed(long at, long key) {
    return fold(word(at) ^ secret(key), word(at + 8) ^ secret(key + 8));
  }

  private long word(long at) {
    return input.get(LONG, start + at);
  }

  private long octet(long at) {
    return input.get(ValueLayout.JAVA_BYTE, start + at) & 0xFF;
  }

  private static long secret(long at) {
    return SECRET.get(LONG, at);
  }

  private static long fold(long a, long b) {
    return (a * b) ^ Math.unsignedMultiplyHigh(a, b);
  }

  private static long avalanche(long sum) {
    long mixed = (sum ^ (sum >>> 37)) * PRIME_MX1;
    return mixed ^ (mixed >>> 32);
  }

  private static long avalancheOfXxh64(long sum) {
    long mixed = (sum ^ (sum >>> 33)) * PRIME64_2;
    mixed = (mixed ^ (mixed >>> 29)) * PRIME64_3;
    return mixed ^ (mixed >>> 32);
  }
}
