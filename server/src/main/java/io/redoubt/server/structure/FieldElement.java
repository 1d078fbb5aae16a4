package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;

/**
 * A field of a hash with its value: one near block of a {@link FieldTable}.
 *
 * <pre>
 *   1 or 4   length of the field, see {@link BlockLength}
 *            the field
 *   9        only if it expires: 0xff and the time, in milliseconds since 1970
 *            the value:
 *              n (one byte, up to 250) and n bytes
 *              0xfb, n (two bytes, up to 4096) and n bytes
 *              0xfc, n (four bytes) and the address (eight) of a far block of n bytes
 * </pre>
 */
public final class FieldElement {

  /** The expiry time of a field that never expires. */
  public static final long NO_EXPIRY = -1;

  static final int FIELD_LENGTH_AT = 0;

  private static final int MAX_SHORT_LENGTH = 250;
  private static final int MEDIUM = 0xfb;
  private static final int MEDIUM_BYTES = 3;
  private static final int MAX_INLINE_LENGTH = 4 << 10;
  private static final int OWN_BLOCK = 0xfc;
  private static final int OWN_BLOCK_BYTES = 13;
  private static final int OWN_BLOCK_ADDRESS_AT = 5;
  private static final int EXPIRES = 0xff;
  private static final int EXPIRY_BYTES = 9;

  private FieldElement() {}

  public static long fieldAddress(long element) {
    return element + BlockLength.sizeAt(element);
  }

  public static int fieldLength(long element) {
    return BlockLength.get(element);
  }

  private static long fieldEnd(long element) {
    return fieldAddress(element) + fieldLength(element);
  }

  /** Returns the expiry time, in milliseconds since 1970, or {@link #NO_EXPIRY}. */
  public static long expireAt(long element) {
    long end = fieldEnd(element);
    return Region.getUnsignedByte(end) == EXPIRES ? Region.getLong(end + 1) : NO_EXPIRY;
  }

  /** Returns the address of the value's length. */
  static long valueStart(long element) {
    long end = fieldEnd(element);
    return Region.getUnsignedByte(end) == EXPIRES ? end + EXPIRY_BYTES : end;
  }

  public static long valueAddress(long element) {
    long start = valueStart(element);
    return switch (Region.getUnsignedByte(start)) {
      case MEDIUM -> start + MEDIUM_BYTES;
      case OWN_BLOCK -> Region.getLong(start + OWN_BLOCK_ADDRESS_AT);
      default -> start + 1;
    };
  }

  public static int valueLength(long element) {
    long start = valueStart(element);
    int first = Region.getUnsignedByte(start);
    return switch (first) {
      case MEDIUM -> Region.getInt(start) >>> 8 & 0xffff;
      case OWN_BLOCK -> Region.getInt(start + 1);
      default -> first;
    };
  }

  /** Returns the far block that holds the value, or 0. */
  static long ownBlock(long element) {
    long start = valueStart(element);
    return Region.getUnsignedByte(start) == OWN_BLOCK
        ? Region.getLong(start + OWN_BLOCK_ADDRESS_AT)
        : 0;
  }

  static boolean needsOwnBlock(int valueLength) {
    return valueLength > MAX_INLINE_LENGTH;
  }

  /** Returns the number of bytes of an element's block that are in use. */
  static long sizeBytes(long element) {
    return valueStart(element) - element + valueBytes(valueLength(element));
  }

  static long sizeBytes(int fieldLength, boolean expires, int valueLength) {
    return BlockLength.size(fieldLength)
        + (long) fieldLength
        + (expires ? EXPIRY_BYTES : 0)
        + valueBytes(valueLength);
  }

  /** Returns the bytes that a value takes in the element. */
  static int valueBytes(int length) {
    if (length <= MAX_SHORT_LENGTH) {
      return 1 + length;
    }
    return length <= MAX_INLINE_LENGTH ? MEDIUM_BYTES + length : OWN_BLOCK_BYTES;
  }

  /** Writes a field without an expiry; returns the address at which its value's length follows. */
  static long putField(long element, long field, int length) {
    long at = BlockLength.put(element, length);
    Region.copy(field, at, length);
    return at + length;
  }

  /** Writes an expiry time after the field; moves nothing. */
  static void putExpiry(long element, long expireAt) {
    long end = fieldEnd(element);
    Region.putByte(end, EXPIRES);
    Region.putLong(end + 1, expireAt);
  }

  /**
   * Writes the length of a value, and the address of its own block if it needs one, before the
   * caller writes its bytes.
   *
   * @param start the address of the element's value
   */
  static void putValueLength(long start, int length, long ownBlock) {
    if (length <= MAX_SHORT_LENGTH) {
      Region.putByte(start, length);
    } else if (length <= MAX_INLINE_LENGTH) {
      Region.putByte(start, MEDIUM);
      Region.putByte(start + 1, length);
      Region.putByte(start + 2, length >>> 8);
    } else {
      Region.putByte(start, OWN_BLOCK);
      Region.putInt(start + 1, length);
      Region.putLong(start + OWN_BLOCK_ADDRESS_AT, ownBlock);
    }
  }

  /**
   * Copies an element while adding or removing its expiry; source and target may be the same block.
   *
   * @param expireAt {@link #NO_EXPIRY} for none
   */
  static void copy(long element, long target, long expireAt) {
    long fieldEnd = fieldEnd(element);
    long value = valueStart(element);
    long valueBytes = valueBytes(valueLength(element));
    long head = fieldEnd - element;
    long targetValue = target + head + (expireAt == NO_EXPIRY ? 0 : EXPIRY_BYTES);
    Region.copy(value, targetValue, valueBytes); // first: in place, the expiry overwrites it
    if (target != element) {
      Region.copy(element, target, head);
    }
    if (expireAt != NO_EXPIRY) {
      putExpiry(target, expireAt);
    }
  }
}
