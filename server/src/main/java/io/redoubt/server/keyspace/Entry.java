package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockLength;

/**
 * An entry of a database: one near block with the key, its metadata and a small value.
 *
 * <pre>
 *   1 byte   type (bits 0-2), encoding (bits 3-6), expiry flag (bit 7)
 *   1 byte   epoch: number of the last snapshot that has it, or need not have it (bits 0-6); mark
 *            of a {@link SlotWalk} (bit 7)
 *   3 bytes  access clock, see {@link AccessClock}
 *   1 or 4   length of the key, see {@link BlockLength}
 *            the key
 *   8 bytes  only if it expires: the time, in milliseconds since 1970
 *            the payload: the value or its address, see {@link Encoding}
 * </pre>
 *
 * <p>The address of an entry is valid until the keyspace changes.
 */
public final class Entry {

  /** No entry: the result of lookups of an absent key. */
  public static final long NONE = 0;

  /** No expiry time. */
  public static final long NO_EXPIRY = -1;

  static final int EPOCH_AT = 1;
  static final int CLOCK_AT = 2;
  static final int KEY_LENGTH_AT = 5;
  static final int EXPIRY_BYTES = 8;

  private static final int TYPE_BITS = 0x07;
  private static final int ENCODING_SHIFT = 3;
  private static final int ENCODING_BITS = 0x0f;
  private static final int EXPIRES = 0x80;

  /** The bits of an epoch. */
  static final int EPOCH_BITS = 0x7f;

  private static final int CLOCK_BITS = 0xff_ffff;

  private Entry() {}

  public static Type type(long entry) {
    return Type.of(Region.getByte(entry) & TYPE_BITS);
  }

  public static boolean isString(long entry) {
    return (Region.getByte(entry) & TYPE_BITS) == Type.STRING.ordinal();
  }

  /** Returns the representation of the value: one of {@link Encoding}. */
  public static int encoding(long entry) {
    return Region.getByte(entry) >> ENCODING_SHIFT & ENCODING_BITS;
  }

  /** Returns true if it has an expiry time. */
  public static boolean expires(long entry) {
    return Region.getByte(entry) < 0;
  }

  /** Returns the expiry time, in milliseconds since 1970, or {@link #NO_EXPIRY}. */
  public static long expireAt(long entry) {
    return expires(entry) ? Region.getLong(keyEnd(entry)) : NO_EXPIRY;
  }

  public static long keyAddress(long entry) {
    return entry + KEY_LENGTH_AT + BlockLength.sizeAt(entry + KEY_LENGTH_AT);
  }

  public static int keyLength(long entry) {
    return BlockLength.get(entry + KEY_LENGTH_AT);
  }

  public static long payloadAddress(long entry) {
    return keyEnd(entry) + (expires(entry) ? EXPIRY_BYTES : 0);
  }

  /** Returns the number of the last snapshot that has the entry, modulo 128. */
  public static int epoch(long entry) {
    return Region.getByte(entry + EPOCH_AT) & EPOCH_BITS;
  }

  /** Returns the mark of walks over slots. */
  static boolean mark(long entry) {
    return Region.getByte(entry + EPOCH_AT) < 0;
  }

  /** Returns the 24 bits of the access clock. */
  public static int accessClock(long entry) {
    return Region.getInt(entry + CLOCK_AT) & CLOCK_BITS;
  }

  static long keyEnd(long entry) {
    return keyAddress(entry) + keyLength(entry);
  }

  /**
   * Returns the root of a structure, for an entry that holds one ({@link Encoding#isStructure}).
   */
  public static long root(long entry) {
    return Region.getLong(payloadAddress(entry));
  }

  /**
   * Returns the expiry time of the value's next element, in milliseconds since 1970, or {@link
   * #NO_EXPIRY}.
   */
  public static long nextElementExpiry(long entry) {
    return encoding(entry) == Encoding.EXPIRING_STRUCTURE
        ? Region.getLong(payloadAddress(entry) + Encoding.STRUCTURE_BYTES)
        : NO_EXPIRY;
  }

  static void putNextElementExpiry(long entry, long millis) {
    Region.putLong(payloadAddress(entry) + Encoding.STRUCTURE_BYTES, millis);
  }

  public static int payloadBytes(long entry) {
    long payload = payloadAddress(entry);
    return switch (encoding(entry)) {
      case Encoding.INTEGER -> Encoding.INTEGER_BYTES;
      case Encoding.OWN_BLOCK, Encoding.INTSET_OWN_BLOCK -> Encoding.OWN_BLOCK_BYTES;
      case Encoding.STRUCTURE -> Encoding.STRUCTURE_BYTES;
      case Encoding.EXPIRING_STRUCTURE -> Encoding.EXPIRING_STRUCTURE_BYTES;
      default -> BlockLength.sizeAt(payload) + BlockLength.get(payload);
    };
  }

  /** Returns the number of bytes of the entry's block that are in use. */
  public static long sizeBytes(long entry) {
    return payloadAddress(entry) - entry + payloadBytes(entry);
  }

  public static long sizeBytes(int keyLength, boolean expires, int payloadBytes) {
    return KEY_LENGTH_AT
        + BlockLength.size(keyLength)
        + (long) keyLength
        + (expires ? EXPIRY_BYTES : 0)
        + payloadBytes;
  }

  /** Writes everything before the payload. */
  public static void write(
      long entry, Type type, int encoding, int epoch, int clock, long key, int keyLength) {
    putForm(entry, type, encoding, false);
    Region.putByte(entry + EPOCH_AT, epoch);
    putAccessClock(entry, clock);
    Region.copy(key, BlockLength.put(entry + KEY_LENGTH_AT, keyLength), keyLength);
  }

  static void putForm(long entry, Type type, int encoding, boolean expires) {
    Region.putByte(entry, type.ordinal() | encoding << ENCODING_SHIFT | (expires ? EXPIRES : 0));
  }

  static void putEpoch(long entry, int epoch) {
    Region.putByte(entry + EPOCH_AT, (Region.getByte(entry + EPOCH_AT) & ~EPOCH_BITS) | epoch);
  }

  static void putMark(long entry, boolean mark) {
    Region.putByte(entry + EPOCH_AT, epoch(entry) | (mark ? ~EPOCH_BITS : 0));
  }

  static void putAccessClock(long entry, int clock) {
    Region.putByte(entry + CLOCK_AT, clock);
    Region.putByte(entry + CLOCK_AT + 1, clock >> 8);
    Region.putByte(entry + CLOCK_AT + 2, clock >> 16);
  }

  /** Sets the expiry time of an entry whose expiry flag is set. */
  static void putExpireAt(long entry, long millis) {
    Region.putLong(keyEnd(entry), millis);
  }
}
