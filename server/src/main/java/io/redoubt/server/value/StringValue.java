package io.redoubt.server.value;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.OwnBlock;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockLength;
import java.lang.foreign.MemorySegment;

/**
 * The value of a string's entry: a number, bytes in the entry, or bytes in a block of their own.
 * What changes it returns the entry, which may have moved.
 */
public final class StringValue {

  /** Longer strings are called raw by OBJECT ENCODING. */
  private static final int MAX_EMBEDDED_LENGTH = 44;

  /** How much more room than needed a growing string gets at most; until then it gets twice. */
  private static final int MAX_SLACK_BYTES = 1 << 20;

  private StringValue() {}

  /** Whether it is held as a number. */
  public static boolean isInteger(long entry) {
    return Entry.encoding(entry) == Encoding.INTEGER;
  }

  /** The number that it is held as. */
  public static long integer(long entry) {
    return Region.getLong(Entry.payloadAddress(entry));
  }

  /** How many bytes it has; of a number, its decimal form. */
  public static int length(long entry) {
    long payload = Entry.payloadAddress(entry);
    return switch (Entry.encoding(entry)) {
      case Encoding.INTEGER -> Numbers.decimalLength(Region.getLong(payload));
      case Encoding.OWN_BLOCK -> OwnBlock.length(payload);
      default -> BlockLength.get(payload);
    };
  }

  /** Where the bytes are, of a string that is not held as a number. */
  public static long bytesAddress(long entry) {
    long payload = Entry.payloadAddress(entry);
    return Entry.encoding(entry) == Encoding.OWN_BLOCK
        ? OwnBlock.address(payload)
        : payload + BlockLength.sizeAt(payload);
  }

  /** The name of its encoding that OBJECT ENCODING tells. */
  public static String encodingName(long entry) {
    return switch (Entry.encoding(entry)) {
      case Encoding.INTEGER -> "int";
      case Encoding.INLINE -> length(entry) <= MAX_EMBEDDED_LENGTH ? "embstr" : "raw";
      default -> "raw";
    };
  }

  /** Writes it as a bulk string. */
  public static void writeTo(long entry, ReplyWriter reply) {
    if (isInteger(entry)) {
      reply.bulkLong(integer(entry));
    } else {
      reply.bulk(Region.MEMORY, bytesAddress(entry), length(entry));
    }
  }

  /** Writes all its bytes, and returns how many they are. */
  public static int copyTo(long entry, MemorySegment target, long offset) {
    if (isInteger(entry)) {
      return Numbers.writeLong(target, offset, integer(entry));
    }
    int length = length(entry);
    MemorySegment.copy(Region.MEMORY, bytesAddress(entry), target, offset, length);
    return length;
  }

  /** A copy of its bytes on the heap; for what is not an ordinary command. */
  public static byte[] toByteArray(long entry) {
    byte[] bytes = new byte[length(entry)];
    copyTo(entry, MemorySegment.ofArray(bytes), 0);
    return bytes;
  }

  /** Makes it a number; the expiry time stays. */
  public static long setInteger(Database database, long entry, long value) {
    database.beforeChange(entry);
    long changed = entry;
    if (!isInteger(entry)) {
      freeOwnBlock(database, entry);
      changed = database.resize(entry, Encoding.INTEGER, Encoding.INTEGER_BYTES);
    }
    Region.putLong(Entry.payloadAddress(changed), value);
    return changed;
  }

  /** Adds bytes at the end; the result may have no more than {@link Integer#MAX_VALUE}. */
  public static long append(Database database, long entry, long address, int length) {
    int before = length(entry);
    long changed = grow(database, entry, Math.addExact(before, length));
    beforeBytes(database, changed, before, before + length);
    Region.copy(address, bytesAddress(changed) + before, length);
    return changed;
  }

  /** Writes bytes over those from {@code offset} on; what is missing before is zeros. */
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
   * Makes it a string of that length whose bytes from {@code from} to {@code to} may be written in
   * place: what it lacks is zeros at the end, what it has too much goes from there.
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

  /**
   * Returns the bytes that must be free for a string to get a length, which is not under its own.
   */
  public static long growthBytes(Database database, long entry, int length) {
    if (length <= Encoding.MAX_INLINE_LENGTH
        || (entry != Entry.NONE
            && Entry.encoding(entry) == Encoding.OWN_BLOCK
            && length <= OwnBlock.capacity(Entry.payloadAddress(entry)))) {
      return 0;
    }
    return capacityFor(database, length);
  }

  /** A snapshot that saves it in several steps has to know before bytes are written over. */
  private static void beforeBytes(Database database, long entry, int from, int to) {
    if (Entry.encoding(entry) == Encoding.OWN_BLOCK) {
      database.keyspace().beforeBytes(OwnBlock.address(Entry.payloadAddress(entry)), from, to);
    }
  }

  private static long truncate(Database database, long entry, int length) {
    long changed = grow(database, entry, length(entry));
    long payload = Entry.payloadAddress(changed);
    if (Entry.encoding(changed) == Encoding.OWN_BLOCK) {
      OwnBlock.length(payload, length);
      return changed;
    }
    // Its length says how large its block is, and so must stay until the block is another.
    Slabs slabs = database.keyspace().slabs();
    long kept = slabs.allocateFar(Math.max(length, 1));
    Region.copy(bytesAddress(changed), kept, length);
    int payloadBytes = BlockLength.size(length) + length;
    changed = database.resize(changed, Encoding.INLINE_CHANGED, payloadBytes);
    Region.copy(kept, BlockLength.put(Entry.payloadAddress(changed), length), length);
    slabs.free(kept, Math.max(length, 1));
    return changed;
  }

  /**
   * Where its bytes are to be read until {@link #closeBytes}; those of a number are written out for
   * that.
   */
  public static long openBytes(Database database, long entry) {
    if (!isInteger(entry)) {
      return bytesAddress(entry);
    }
    long digits = database.keyspace().slabs().allocateFar(Numbers.MAX_LONG_LENGTH);
    Numbers.writeLong(Region.MEMORY, digits, integer(entry));
    return digits;
  }

  /** Ends the reading of what {@link #openBytes} gave for this entry. */
  public static void closeBytes(Database database, long entry, long address) {
    if (isInteger(entry)) {
      database.keyspace().slabs().free(address, Numbers.MAX_LONG_LENGTH);
    }
  }

  /**
   * Makes it a string that is changed in place, of a length not under its own; new bytes are
   * undefined.
   */
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
    // Digits alone fit inline; from there on it is as with any other string.
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
    // What is written to for the first time need not grow.
    int capacity = length(entry) == 0 ? length : capacityFor(database, length);
    long block = database.keyspace().slabs().allocateFar(capacity);
    Region.copy(bytesAddress(entry), block, length(entry));
    long changed = database.resize(entry, Encoding.OWN_BLOCK, Encoding.OWN_BLOCK_BYTES);
    OwnBlock.put(Entry.payloadAddress(changed), block, length, capacity);
    return changed;
  }

  private static long growOwnBlock(Database database, long entry, int length) {
    long payload = Entry.payloadAddress(entry);
    if (length <= OwnBlock.capacity(payload)) {
      OwnBlock.length(payload, length);
      return entry;
    }
    int capacity = capacityFor(database, length);
    long block = database.keyspace().slabs().allocateFar(capacity);
    Region.copy(OwnBlock.address(payload), block, OwnBlock.length(payload));
    freeOwnBlock(database, entry);
    OwnBlock.put(payload, block, length, capacity);
    return entry;
  }

  private static int capacityFor(Database database, int length) {
    long wanted = (long) length + Math.min(length, MAX_SLACK_BYTES);
    return (int) Math.min(database.keyspace().slabs().blockBytes(wanted), Integer.MAX_VALUE);
  }

  private static void freeOwnBlock(Database database, long entry) {
    if (Entry.encoding(entry) == Encoding.OWN_BLOCK) {
      database.keyspace().freeValue(entry);
    }
  }
}
