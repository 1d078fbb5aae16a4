package io.redoubt.server.value.sortedset;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockLength;

/**
 * A member of a large sorted set: one near block.
 *
 * <pre>
 *   1 byte   form of the score: n from 1 to 7 for an integer of n bytes (two's complement),
 *            8 for a double, 9 for a float
 *   1 or 4   length of the member, see {@link BlockLength}
 *            the member
 *   n bytes  the score, little-endian
 * </pre>
 */
public final class ScoredMember {

  /** The offset of the member's length in the block, needed by a table of members. */
  public static final int LENGTH_AT = 1;

  private static final int DOUBLE = 8;
  private static final int FLOAT = 9;

  /** Integers up to this are exact in a double and take seven bytes. */
  private static final long MAX_WHOLE = 1L << 53;

  private ScoredMember() {}

  /** Returns an integer key that sorts like the score; both zeros have the same key. */
  static long key(double score) {
    long bits = Double.doubleToRawLongBits(score + 0.0);
    return bits ^ ((bits >> 63) & Long.MAX_VALUE);
  }

  /** Creates a block. */
  static long create(Slabs slabs, long address, int length, double score) {
    long block = slabs.allocate(sizeBytes(length, score));
    Region.copy(address, BlockLength.put(block + LENGTH_AT, length), length);
    putScore(block, score);
    return block;
  }

  static long copy(Slabs slabs, long block) {
    long bytes = sizeBytes(block);
    long copy = slabs.allocate(bytes);
    Region.copy(block, copy, bytes);
    return copy;
  }

  static void free(Slabs slabs, long block) {
    slabs.free(block, sizeBytes(block));
  }

  public static long address(long block) {
    return block + LENGTH_AT + BlockLength.sizeAt(block + LENGTH_AT);
  }

  /** Returns the length of the member in bytes. */
  public static int length(long block) {
    return BlockLength.get(block + LENGTH_AT);
  }

  public static double score(long block) {
    int form = Region.getByte(block);
    long at = address(block) + length(block);
    if (form == DOUBLE) {
      return Double.longBitsToDouble(Region.getLong(at));
    }
    if (form == FLOAT) {
      return Float.intBitsToFloat(Region.getInt(at));
    }
    int unused = Long.SIZE - form * Byte.SIZE;
    return Region.getLong(at) << unused >> unused;
  }

  /** Writes a score; the block must have room for its form. */
  static void putScore(long block, double score) {
    int form = form(score);
    Region.putByte(block, form);
    long at = address(block) + length(block);
    if (form == DOUBLE) {
      Region.putLong(at, Double.doubleToRawLongBits(score));
    } else if (form == FLOAT) {
      Region.putInt(at, Float.floatToRawIntBits((float) score));
    } else {
      long whole = (long) score;
      for (int i = 0; i < form; i++) {
        Region.putByte(at + i, (int) (whole >> (i * Byte.SIZE)));
      }
    }
  }

  private static int form(double score) {
    long whole = (long) score;
    if (whole == score
        && whole > -MAX_WHOLE
        && whole < MAX_WHOLE
        && (whole != 0 || Double.doubleToRawLongBits(score) == 0)) {
      // A sign bit and the bits of the number, or of its complement if it is negative.
      return (Long.SIZE - Long.numberOfLeadingZeros(whole ^ (whole >> 63))) / Byte.SIZE + 1;
    }
    return (float) score == score ? FLOAT : DOUBLE;
  }

  private static int scoreBytes(int form) {
    return form == FLOAT ? Float.BYTES : form;
  }

  static long sizeBytes(long block) {
    return address(block) + length(block) + scoreBytes(Region.getByte(block)) - block;
  }

  static long sizeBytes(int length, double score) {
    return LENGTH_AT + BlockLength.size(length) + (long) length + scoreBytes(form(score));
  }
}
