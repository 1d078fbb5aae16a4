package io.redoubt.server.value;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.bytes.Xxh3;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.OldValue;
import io.redoubt.server.keyspace.OwnBlock;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockLength;
import java.lang.foreign.MemorySegment;

/**
 * The value of a string's entry: an integer, bytes in the entry, or bytes in a block of their own.
 * Changes return the entry, which may have moved.
 */
public final class StringValue {

  /** The maximum length of a string that OBJECT ENCODING calls embstr; longer ones are raw. */
  private static final int MAX_EMBEDDED_LENGTH = 44;

  /** The maximum spare capacity of a growing string; below that, its size. */
  private static final int MAX_SLACK_BYTES = 1 << 20;

  /** The maximum size of a block that output refers to; larger ones are copied. */
  private static final long MAX_REFERRED_BYTES = 2 << 20;

  private StringValue() {}

  public static boolean isInteger(long entry) {
    return Entry.encoding(entry) == Encoding.INTEGER;
  }

  /** Returns the integer that the string is stored as. */
  public static long integer(long entry) {
    return Region.getLong(Entry.payloadAddress(entry));
  }

  /** Returns the length in bytes; for an integer, the length of its decimal form. */
  public static int length(long entry) {
    long payload = Entry.payloadAddress(entry);
    return switch (Entry.encoding(entry)) {
      case Encoding.INTEGER -> Numbers.decimalLength(Region.getLong(payload));
      case Encoding.OWN_BLOCK -> OwnBlock.length(payload);
      default -> BlockLength.get(payload);
    };
  }

  /** Returns the address of the bytes of a string that is not stored as an integer. */
  public static long bytesAddress(long entry) {
    long payload = Entry.payloadAddress(entry);
    return Entry.encoding(entry) == Encoding.OWN_BLOCK
        ? OwnBlock.address(payload)
        : payload + BlockLength.sizeAt(payload);
  }

  /** Returns true if the string equals the given bytes of the region. */
  public static boolean equals(long entry, long address, int length) {
    if (length(entry) != length) {
      return false;
    }
    if (isInteger(entry)) {
      return Numbers.isLong(Region.MEMORY, address, length)
          && Numbers.parseLong(Region.MEMORY, address, length, 0) == integer(entry);
    }
    return Region.equal(bytesAddress(entry), address, length);
  }

  /** Returns the digest that Redis 8.4 defines: XXH3 of the bytes. */
  public static long digest(long entry) {
    if (isInteger(entry)) {
      byte[] digits = toByteArray(entry);
      return Xxh3.of(MemorySegment.ofArray(digits), 0, digits.length);
    }
    return Xxh3.of(Region.MEMORY, bytesAddress(entry), length(entry));
  }

  /** Returns the encoding's name as shown by OBJECT ENCODING. */
  public static String encodingName(long entry) {
    return switch (Entry.encoding(entry)) {
      case Encoding.INTEGER -> "int";
      case Encoding.INLINE -> length(entry) <= MAX_EMBEDDED_LENGTH ? "embstr" : "raw";
      default -> "raw";
    };
  }

  /** Writes the string as a bulk string. */
  public static void writeTo(long entry, ReplyWriter reply) {
    if (isInteger(entry)) {
      reply.bulkLong(integer(entry));
    } else {
      writeRange(entry, 0, length(entry), reply);
    }
  }

  /** Writes bytes of a string that is not stored as an integer as a bulk string. */
  public static void writeRange(long entry, long from, int length, ReplyWriter reply) {
    long bytes = bytesAddress(entry) + from;
    if (mayReferTo(entry, length)) {
      reply.bulkByReference(
          Region.MEMORY, OwnBlock.block(Entry.payloadAddress(entry)), bytes, length);
    } else {
      reply.bulk(Region.MEMORY, bytes, length);
    }
  }

  /**
   * Returns true if output of that many bytes may keep the block. So a slow client keeps at most
   * twice its pending bytes, one block of a reply that is partly sent, and between two strings the
   * chunk with the end of the first and the header of the second.
   */
  private static boolean mayReferTo(long entry, int length) {
    if (Entry.encoding(entry) != Encoding.OWN_BLOCK) {
      return false;
    }
    long blockBytes = OwnBlock.blockBytes(Entry.payloadAddress(entry));
    return blockBytes <= MAX_REFERRED_BYTES && length >= blockBytes / 2;
  }

  /** Copies all bytes and returns their number. */
  public static int copyTo(long entry, MemorySegment target, long offset) {
    if (isInteger(entry)) {
      return Numbers.writeLong(target, offset, integer(entry));
    }
    int length = length(entry);
    MemorySegment.copy(Region.MEMORY, bytesAddress(entry), target, offset, length);
    return length;
  }

  /** Returns a copy of the bytes on the heap; not for the path of ordinary commands. */
  public static byte[] toByteArray(long entry) {
    byte[] bytes = new byte[length(entry)];
    copyTo(entry, MemorySegment.ofArray(bytes), 0);
    return bytes;
  }

  /** Sets the value to an integer; the expiry time stays. */
  public static long setInteger(Database database, long entry, long value) {
    database.beforeChange(entry);
    long changed = entry;
    if (!isInteger(entry)) {
      OldValue text = database.context().oldValue(entry);
      changed = database.resize(entry, Encoding.INTEGER, Encoding.INTEGER_BYTES);
      text.free();
    }
    Region.putLong(Entry.payloadAddress(changed), value);
    return changed;
  }

  /** Appends bytes; the result may have up to {@link Integer#MAX_VALUE}. */
  public static long append(Database database, long entry, long address, int length) {
    int before = length(entry);
    long changed = grow(database, entry, Math.addExact(before, length));
    beforeBytes(database, changed, before, before + length);
    Region.copy(address, bytesAddress(changed) + before, length);
    return changed;
  }

  /** Overwrites the bytes from {@code offset} on; a gap before them is filled with zeros. */
  public static long setRange(Database database, long entry, int offset, long address, int length) {
    int before = length(entry);
    long changed = grow(database, entry, Math.max(before, Math.addExact(offset, length)));
    long bytes = bytesAddress(changed);
    beforeBytes(database, changed, Math.min(before, offset), offset + length);
    if (offset > before) {
      Region.zero(bytes + before, offset - before);
    }
    Region.copy(address, bytes + offset, length);
    return changed;
  }

  /**
   * Makes the string {@code length} bytes long and the range from {@code from} to {@code to}
   * writable in place. Missing bytes are zeros at the end; excess bytes are cut off there.
   */
  public static long edit(Database database, long entry, int length, int from, int to) {
    int before = length(entry);
    if (length < before) {
      return truncate(database, entry, length);
    }
    long changed = grow(database, entry, length);
    beforeBytes(database, changed, from, to);
    if (length > before) {
      beforeBytes(database, changed, before, length);
      Region.zero(bytesAddress(changed) + before, length - before);
    }
    return changed;
  }

  /** Returns the free memory in bytes needed to grow a string to a length, at least its own. */
  public static long growthBytes(Database database, long entry, int length) {
    if (length <= Encoding.MAX_INLINE_LENGTH) {
      return 0;
    }
    if (entry == Entry.NONE || Entry.encoding(entry) != Encoding.OWN_BLOCK) {
      return capacityFor(database, length);
    }
    long payload = Entry.payloadAddress(entry);
    return fits(database, payload, length) ? 0 : grownCapacity(database, payload, length);
  }

  /** Notifies a snapshot that saves the value in several steps before bytes are overwritten. */
  private static void beforeBytes(Database database, long entry, int from, int to) {
    if (Entry.encoding(entry) == Encoding.OWN_BLOCK) {
      database.context().beforeBytes(OwnBlock.block(Entry.payloadAddress(entry)), from, to);
    }
  }

  private static long truncate(Database database, long entry, int length) {
    long changed = grow(database, entry, length(entry));
    long payload = Entry.payloadAddress(changed);
    if (Entry.encoding(changed) == Encoding.OWN_BLOCK) {
      OwnBlock.setLength(payload, length);
      return changed;
    }
    // The length determines the block's size, so it must not change before the block is replaced.
    Slabs slabs = database.slabs();
    long kept = slabs.allocateFar(Math.max(length, 1));
    Region.copy(bytesAddress(changed), kept, length);
    int payloadBytes = BlockLength.size(length) + length;
    changed = database.resize(changed, Encoding.INLINE_CHANGED, payloadBytes);
    Region.copy(kept, BlockLength.put(Entry.payloadAddress(changed), length), length);
    slabs.free(kept, Math.max(length, 1));
    return changed;
  }

  /**
   * Returns the address of the bytes, readable until {@link #closeBytes}; an integer is formatted
   * first.
   */
  public static long openBytes(Database database, long entry) {
    if (!isInteger(entry)) {
      return bytesAddress(entry);
    }
    long digits = database.slabs().allocateFar(Numbers.MAX_LONG_LENGTH);
    Numbers.writeLong(Region.MEMORY, digits, integer(entry));
    return digits;
  }

  /** Ends the reading started by {@link #openBytes} for this entry. */
  public static void closeBytes(Database database, long entry, long address) {
    if (isInteger(entry)) {
      database.slabs().free(address, Numbers.MAX_LONG_LENGTH);
    }
  }

  /** Makes the string changeable in place, at least as long as before; new bytes are undefined. */
  private static long grow(Database database, long entry, int length) {
    database.beforeChange(entry);
    return switch (Entry.encoding(entry)) {
      case Encoding.INTEGER -> growInteger(database, entry, length);
      case Encoding.OWN_BLOCK -> growOwnBlock(database, entry, length);
      default ->
          length <= Encoding.MAX_INLINE_LENGTH
              ? growInline(database, entry, length)
              : moveOut(database, entry, length);
    };
  }

  private static long growInteger(Database database, long entry, int length) {
    long number = integer(entry);
    int digits = Numbers.decimalLength(number);
    // The digits fit inline; growing further is the same as for any other string.
    long changed =
        database.resize(entry, Encoding.INLINE_CHANGED, BlockLength.size(digits) + digits);
    long payload = Entry.payloadAddress(changed);
    Numbers.writeLong(Region.MEMORY, BlockLength.put(payload, digits), number);
    return length == digits ? changed : grow(database, changed, length);
  }

  private static long growInline(Database database, long entry, int length) {
    long oldPayload = Entry.payloadAddress(entry);
    int oldPrefix = BlockLength.sizeAt(oldPayload);
    int oldLength = BlockLength.get(oldPayload);
    int prefix = BlockLength.size(length);
    long changed = database.resize(entry, Encoding.INLINE_CHANGED, prefix + length);
    long payload = Entry.payloadAddress(changed);
    if (prefix != oldPrefix) {
      Region.copy(payload + oldPrefix, payload + prefix, oldLength);
    }
    BlockLength.put(payload, length);
    return changed;
  }

  private static long moveOut(Database database, long entry, int length) {
    // The first write gets no spare capacity.
    int capacity = length(entry) == 0 ? length : capacityFor(database, length);
    long block = database.slabs().allocateFar(capacity);
    Region.copy(bytesAddress(entry), block, length(entry));
    long changed = PackedValue.resizeFor(database, entry, Encoding.OWN_BLOCK, block, capacity);
    OwnBlock.put(Entry.payloadAddress(changed), block, length, capacity);
    return changed;
  }

  private static long growOwnBlock(Database database, long entry, int length) {
    long payload = Entry.payloadAddress(entry);
    if (fits(database, payload, length)) {
      OwnBlock.setLength(payload, length);
      return entry;
    }
    int capacity = grownCapacity(database, payload, length);
    long block = database.slabs().allocateFar(capacity);
    Region.copy(OwnBlock.address(payload), block, OwnBlock.length(payload));
    freeOwnBlock(database, entry);
    OwnBlock.put(payload, block, length, capacity);
    return entry;
  }

  /** Returns true if a string of that length can be changed in its block. */
  private static boolean fits(Database database, long payload, int length) {
    return length <= OwnBlock.capacity(payload)
        && !database.slabs().isPinned(OwnBlock.block(payload));
  }

  private static int grownCapacity(Database database, long payload, int length) {
    int capacity = OwnBlock.capacity(payload);
    return length <= capacity ? capacity : capacityFor(database, length);
  }

  private static int capacityFor(Database database, int length) {
    long wanted = (long) length + Math.min(length, MAX_SLACK_BYTES);
    return (int) Math.min(database.slabs().blockBytes(wanted), Integer.MAX_VALUE);
  }

  private static void freeOwnBlock(Database database, long entry) {
    if (Entry.encoding(entry) == Encoding.OWN_BLOCK) {
      database.context().freeValue(entry);
    }
  }
}
