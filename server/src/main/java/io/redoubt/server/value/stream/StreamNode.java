package io.redoubt.server.value.stream;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.ListpackEnds;
import io.redoubt.persistence.packed.StreamListpack;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.memory.Region;

/**
 * A node of a stream: a listpack of entries in Redis' layout of memory and RDB, see {@link
 * StreamListpack}.
 *
 * <p>Static methods on the address of a listpack in the region.
 */
public final class StreamNode {

  static final int DELETED = StreamListpack.DELETED;
  static final int SAME_FIELDS = StreamListpack.SAME_FIELDS;
  private static final int FIXED_ELEMENTS = StreamListpack.FIXED_ELEMENTS;

  /** The highest integer that a listpack stores as a single byte, the integer itself. */
  private static final int MAX_BYTE = 127;

  /** The maximum size of an integer's entry. */
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

  static long live(long node) {
    return integer(Listpack.firstPosition(node));
  }

  /** Returns the number of entries marked as deleted. */
  static long deleted(long node) {
    return integer(after(Listpack.firstPosition(node)));
  }

  /** Returns the element that holds the master's number of fields. */
  static long masterCount(long node) {
    return after(after(Listpack.firstPosition(node)));
  }

  static long firstEntry(long node) {
    long at = masterCount(node);
    long fields = integer(at);
    at = after(at);
    for (long i = 0; i < fields; i++) {
      at = after(at);
    }
    return after(at);
  }

  /** Returns the position after the last entry. */
  static long end(long node) {
    return Listpack.end(Region.MEMORY, node);
  }

  /** Returns the start of the entry that ends at a position; 0 if that is the master. */
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

  /** Marks an entry as deleted; the caller updates the counts. The size stays the same. */
  static void markDeleted(long entry) {
    // Flags are below 128, one byte of the same length in either case.
    Region.putByte(entry, Region.getByte(entry) | DELETED);
  }

  /** The maximum growth by {@link #putCounts}. */
  static final int COUNT_ROOM_BYTES = 2 * INTEGER_BYTES;

  /** Sets the numbers of live and deleted entries. */
  static void putCounts(long node, long live, long deleted) {
    long first = Listpack.firstPosition(node);
    Listpack.replace(Region.MEMORY, node, first, live, Region.MEMORY, node);
    Listpack.replace(Region.MEMORY, node, after(first), deleted, Region.MEMORY, node);
  }

  /** Returns the maximum size of an entry of these words (field, value, ...). */
  static long mostEntryBytes(Request words, int first, int count) {
    long bytes = 6L * INTEGER_BYTES;
    for (int i = first; i < first + count; i++) {
      bytes += ListpackEnds.maxEntryBytes(words.length(i));
    }
    return bytes;
  }

  /** Returns the maximum size of a node with such an entry as its first. */
  static long mostNodeBytes(Request words, int first, int count) {
    long bytes = mostEntryBytes(words, first, count) + 4L * INTEGER_BYTES + Listpack.EMPTY_BYTES;
    for (int i = first; i < first + count; i += 2) {
      bytes += ListpackEnds.maxEntryBytes(words.length(i));
    }
    return bytes;
  }

  /** Writes a node of one entry, whose fields become the node's master fields. */
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

  /** Appends an entry to a node with enough room; the id is given relative to the node's. */
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

  /** Returns true if the words' fields equal the master's, in their order. */
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
