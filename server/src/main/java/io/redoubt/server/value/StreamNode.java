package io.redoubt.server.value;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.ListpackEnds;
import io.redoubt.persistence.packed.StreamListpack;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.memory.Region;

/**
 * A node of a stream: a listpack of entries, in the layout that Redis gives it in memory and in
 * RDB, see {@link StreamListpack}.
 *
 * <p>Static, on the address of a listpack in the region.
 */
final class StreamNode {

  static final int DELETED = StreamListpack.DELETED;
  static final int SAME_FIELDS = StreamListpack.SAME_FIELDS;
  private static final int FIXED_ELEMENTS = StreamListpack.FIXED_ELEMENTS;

  /** Whole numbers up to this are entries of one byte, which is the number. */
  private static final int MAX_BYTE = 127;

  /** The most bytes of a whole number's entry. */
  private static final int INTEGER_BYTES = 10;

  private StreamNode() {}

  static long sizeBytes(long node) {
    return Listpack.sizeBytes(Region.MEMORY, node);
  }

  static long after(long element) {
    return Listpack.after(Region.MEMORY, element);
  }

  static long integer(long element) {
    return Listpack.integer(Region.MEMORY, element);
  }

  /** How many entries there are. */
  static long live(long node) {
    return integer(Listpack.firstPosition(node));
  }

  /** How many entries are marked as deleted. */
  static long deleted(long node) {
    return integer(after(Listpack.firstPosition(node)));
  }

  /** The element that tells how many fields the master has. */
  static long masterCount(long node) {
    return after(after(Listpack.firstPosition(node)));
  }

  /** The first element of the first entry. */
  static long firstEntry(long node) {
    long at = masterCount(node);
    long fields = integer(at);
    at = after(at);
    for (long i = 0; i < fields; i++) {
      at = after(at);
    }
    return after(at);
  }

  /** The position behind the last entry. */
  static long end(long node) {
    return Listpack.end(Region.MEMORY, node);
  }

  /** Where the entry begins that ends before a position; 0 when that is the master. */
  static long before(long node, long position) {
    long count = Listpack.previous(Region.MEMORY, node, position);
    long elements = integer(count);
    if (elements == 0) {
      return 0;
    }
    long at = count;
    for (long i = 0; i < elements; i++) {
      at = Listpack.previous(Region.MEMORY, node, at);
    }
    return at;
  }

  /** The position behind an entry. */
  static long afterEntry(long node, long entry) {
    long at = entry;
    for (int i = 0; i < FIXED_ELEMENTS; i++) {
      at = after(at);
    }
    long words;
    if ((integer(entry) & SAME_FIELDS) != 0) {
      words = integer(masterCount(node));
    } else {
      words = 2 * integer(at);
      at = after(at);
    }
    for (long i = 0; i < words; i++) {
      at = after(at);
    }
    return after(at);
  }

  /** Marks an entry as deleted; the counts are to be changed, too. The size stays. */
  static void markDeleted(long entry) {
    // Flags are below 128 and so one byte with the same length in any case.
    Region.putByte(entry, Region.getByte(entry) | DELETED);
  }

  /** The room that {@link #putCounts} may need beyond the size. */
  static final int COUNT_ROOM_BYTES = 2 * INTEGER_BYTES;

  /** Changes how many entries are there and how many are deleted. */
  static void putCounts(long node, long live, long deleted) {
    long first = Listpack.firstPosition(node);
    Listpack.replace(Region.MEMORY, node, first, live, Region.MEMORY, node);
    Listpack.replace(Region.MEMORY, node, after(first), deleted, Region.MEMORY, node);
  }

  /** The most bytes that an entry of these words (field, value, ...) adds to a node. */
  static long mostEntryBytes(Request words, int first, int count) {
    long bytes = 6L * INTEGER_BYTES;
    for (int i = first; i < first + count; i++) {
      bytes += ListpackEnds.maxEntryBytes(words.length(i));
    }
    return bytes;
  }

  /** The most bytes of a node with such an entry as its first. */
  static long mostNodeBytes(Request words, int first, int count) {
    long bytes = mostEntryBytes(words, first, count) + 4L * INTEGER_BYTES + Listpack.EMPTY_BYTES;
    for (int i = first; i < first + count; i += 2) {
      bytes += ListpackEnds.maxEntryBytes(words.length(i));
    }
    return bytes;
  }

  /** Writes a node with one entry, whose fields are the master's. */
  static void create(long node, Request words, int first, int count) {
    Listpack.create(Region.MEMORY, node);
    int fields = count / 2;
    long at = Listpack.firstPosition(node);
    at = ListpackEnds.write(Region.MEMORY, at, 1);
    at = ListpackEnds.write(Region.MEMORY, at, 0);
    at = ListpackEnds.write(Region.MEMORY, at, fields);
    for (int i = first; i < first + count; i += 2) {
      at = write(at, words, i);
    }
    at = ListpackEnds.write(Region.MEMORY, at, 0);
    at = writeEntry(at, 0, 0, words, first, count, true);
    ListpackEnds.extend(Region.MEMORY, node, at, 4 + fields + entryElements(fields, true));
  }

  /** Appends an entry to a node that has room for it; the halves of its id less the node's id. */
  static void append(long node, long millis, long sequence, Request words, int first, int count) {
    long start = Listpack.firstPosition(node);
    long live = integer(start) + 1;
    if (live <= MAX_BYTE) {
      Region.putByte(start, (int) live);
    } else {
      Listpack.replace(Region.MEMORY, node, start, live, Region.MEMORY, node);
    }
    boolean same = hasFields(node, words, first, count);
    long at = writeEntry(end(node), millis, sequence, words, first, count, same);
    ListpackEnds.extend(Region.MEMORY, node, at, entryElements(count / 2, same));
  }

  private static int entryElements(int fields, boolean same) {
    return FIXED_ELEMENTS + (same ? fields : 2 * fields + 1) + 1;
  }

  private static long writeEntry(
      long position,
      long millis,
      long sequence,
      Request words,
      int first,
      int count,
      boolean same) {
    long at = ListpackEnds.write(Region.MEMORY, position, same ? SAME_FIELDS : 0);
    at = ListpackEnds.write(Region.MEMORY, at, millis);
    at = ListpackEnds.write(Region.MEMORY, at, sequence);
    if (same) {
      for (int i = first + 1; i < first + count; i += 2) {
        at = write(at, words, i);
      }
    } else {
      at = ListpackEnds.write(Region.MEMORY, at, count / 2);
      for (int i = first; i < first + count; i++) {
        at = write(at, words, i);
      }
    }
    return ListpackEnds.write(Region.MEMORY, at, entryElements(count / 2, same) - 1);
  }

  private static long write(long at, Request words, int i) {
    return ListpackEnds.write(Region.MEMORY, at, words.memory(), words.offset(i), words.length(i));
  }

  /** Whether the master's fields are those of the words, in their order. */
  private static boolean hasFields(long node, Request words, int first, int count) {
    long at = masterCount(node);
    if (integer(at) != count / 2) {
      return false;
    }
    for (int i = first; i < first + count; i += 2) {
      at = after(at);
      if (!Listpack.equal(Region.MEMORY, at, words.memory(), words.offset(i), words.length(i))) {
        return false;
      }
    }
    return true;
  }
}
