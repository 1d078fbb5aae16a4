package io.redoubt.server.structure.hyperloglog;

import io.redoubt.server.memory.Region;

/**
 * The common part of all forms of a HyperLogLog. It has 2^14 registers; each holds the longest run
 * of zeros at the end of any hash that fell to it, plus one. The number of elements is estimated
 * from the registers.
 *
 * <p>Computations use one byte a register, here called the plain form; values are stored as {@link
 * DenseRegisters} and {@link SparseRegisters}.
 */
public final class HyperLogLog {
  /** The number of registers. */
  public static final int REGISTERS = 1 << 14;

  /** The highest value to which an element's hash raises a register. */
  private static final int MAX_RANK = 51;

  /** The number of values that six bits can have. */
  private static final int VALUES = 64;

  private static final long TOP_BITS = 0x8080_8080_8080_8080L;

  private static final int INDEX_BITS = 14;
  private static final long SEED = 0xadc83b19L;

  /** 1 / (2 ln 2): the bias in the limit of infinitely many registers. */
  private static final double ALPHA = 0.7213475204444817;

  private HyperLogLog() {}

  /** Returns the hash of an element, from which {@link #index} and {@link #rank} are taken. */
  public static long hash(long address, int lengthBytes) {
    return MurmurHash64A.hash(address, lengthBytes, SEED);
  }

  /** Returns the register that an element of this hash falls to. */
  public static int index(long hash) {
    return (int) hash & (REGISTERS - 1);
  }

  /** Returns the value to which an element of this hash raises its register, 1 to 51. */
  public static int rank(long hash) {
    return Long.numberOfTrailingZeros((hash >>> INDEX_BITS) | 1L << (MAX_RANK - 1)) + 1;
  }

  /** Raises a plain register to a value unless it is at least as high. */
  static void raise(long plain, int index, int value) {
    if (Region.getByte(plain + index) < value) {
      Region.putByte(plain + index, value);
    }
  }

  /** Raises eight plain registers to the bytes of a word, all of them below 128. */
  static void raiseEight(long plain, long values) {
    long before = Region.getLong(plain);
    // A byte's top bit survives the subtraction if the register is at least as high.
    long keeps = ((before | TOP_BITS) - values & TOP_BITS) >>> (Byte.SIZE - 1);
    long mask = keeps * 0xff;
    Region.putLong(plain, (before & mask) | (values & ~mask));
  }

  /**
   * Returns the approximate number of distinct elements added to the plain registers. The estimator
   * is that of Otmar Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017),
   * algorithm 6.
   */
  public static long count(long plain) {
    int[] multiplicity = multiplicities(plain);
    double m = REGISTERS;
    double z = m * tau((m - multiplicity[MAX_RANK]) / m);
    for (int value = MAX_RANK - 1; value >= 1; value--) {
      z = (z + multiplicity[value]) * 0.5;
    }
    z += m * sigma(multiplicity[0] / m);
    return Math.round(ALPHA * m * m / z);
  }

  /** Returns the number of plain registers of each value. */
  private static int[] multiplicities(long plain) {
    int[] even = new int[VALUES];
    int[] odd = new int[VALUES]; // apart, so that equal neighbours don't wait for each other
    for (int i = 0; i < REGISTERS; i += Long.BYTES) {
      long word = Region.getLong(plain + i);
      for (int pair = 0; pair < Long.BYTES / 2; pair++) {
        even[(int) word & (VALUES - 1)]++;
        odd[(int) (word >>> Byte.SIZE) & (VALUES - 1)]++;
        word >>>= 2 * Byte.SIZE;
      }
    }
    for (int i = 0; i < VALUES; i++) {
      even[i] += odd[i];
    }
    return even;
  }

  private static double sigma(double share) {
    if (share == 1) {
      return Double.POSITIVE_INFINITY;
    }
    double x = share;
    double y = 1;
    double z = x;
    double before;
    do {
      x *= x;
      before = z;
      z += x * y;
      y += y;
    } while (z != before);
    return z;
  }

  private static double tau(double share) {
    if (share == 0 || share == 1) {
      return 0;
    }
    double x = share;
    double y = 1;
    double z = 1 - x;
    double before;
    do {
      x = Math.sqrt(x);
      before = z;
      y *= 0.5;
      z -= (1 - x) * (1 - x) * y;
    } while (z != before);
    return z / 3;
  }
}
