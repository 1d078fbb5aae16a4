package io.redoubt.server.value.stream;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.structure.NamedBlocks;

/**
 * The root of a stream: the block with its metadata, which does not move as long as the stream
 * exists and identifies it.
 *
 * <pre>
 *    0  the number of entries
 *    8  the id of the last entry ever added
 *   24  the id of the first entry; 0-0 if there is none
 *   40  the highest id ever deleted by XDEL
 *   56  the number of entries ever added
 *   64  the tree of nodes: the address of a node and its capacity, eight bytes each
 *   80  the groups by name
 *   96  the address of the table of idempotent ids, 0 for none
 * </pre>
 */
public final class StreamRoot {
  private static final int LENGTH_AT = 0;
  private static final int LAST_ID_AT = 8;
  private static final int FIRST_ID_AT = 24;
  private static final int MAX_DELETED_ID_AT = 40;
  private static final int ADDED_AT = 56;
  static final int NODES_AT = 64;
  static final int GROUPS_AT = NODES_AT + IdTree.HEADER_BYTES;
  static final int IDEMPOTENCY_AT = GROUPS_AT + NamedBlocks.HEADER_BYTES;
  static final int BYTES = IDEMPOTENCY_AT + 8;

  private StreamRoot() {}

  /** Creates the root of a stream without entries that is not stored yet. */
  static long create(Slabs slabs) {
    long root = slabs.allocateFar(BYTES);
    Region.zero(root, BYTES);
    return root;
  }

  public static long length(long root) {
    return Region.getLong(root + LENGTH_AT);
  }

  /** Returns the address of the id of the last entry ever added. */
  public static long lastId(long root) {
    return root + LAST_ID_AT;
  }

  /** Returns the address of the id of the first entry; 0-0 if there is none. */
  public static long firstId(long root) {
    return root + FIRST_ID_AT;
  }

  /** Returns the address of the highest id ever deleted by XDEL. */
  public static long maxDeletedId(long root) {
    return root + MAX_DELETED_ID_AT;
  }

  public static long entriesAdded(long root) {
    return Region.getLong(root + ADDED_AT);
  }

  /**
   * Returns the count that follows another one. The highest count stays as it is: a wrapped one
   * could not be written as an argument of the commands that set counts.
   */
  public static long next(long count) {
    return count == Long.MAX_VALUE ? count : count + 1;
  }

  public static void setLastId(long root, StreamId value) {
    value.store(root + LAST_ID_AT);
  }

  public static void setMaxDeletedId(long root, StreamId value) {
    value.store(root + MAX_DELETED_ID_AT);
  }

  /**
   * Lowers the highest deleted id to the last id if it is above. XSETID of Redis 7.0 leaves such
   * streams, which no command could make of a rewritten file again.
   */
  public static void limitMaxDeletedId(long root) {
    long deletedMillis = Region.getLong(maxDeletedId(root));
    long deletedSequence = Region.getLong(maxDeletedId(root) + Long.BYTES);
    long lastMillis = Region.getLong(lastId(root));
    long lastSequence = Region.getLong(lastId(root) + Long.BYTES);
    if (IdTree.compare(deletedMillis, deletedSequence, lastMillis, lastSequence) > 0) {
      Region.copy(lastId(root), maxDeletedId(root), StreamId.BYTES);
    }
  }

  public static void setEntriesAdded(long root, long count) {
    Region.putLong(root + ADDED_AT, count);
  }

  public static long nodeCount(long root) {
    return IdTree.size(root + NODES_AT);
  }

  static void addLength(long root, long change) {
    Region.putLong(root + LENGTH_AT, length(root) + change);
  }

  /**
   * Returns the number of entries up to an id in a stream without deletions if it can be derived
   * without counting, else {@link StreamGroups#UNKNOWN_COUNT}.
   */
  public static long readUpTo(long root, long id) {
    if (entriesAdded(root) == 0) {
      return 0;
    }
    int toLast = compare(id, lastId(root));
    if (toLast == 0) {
      return entriesAdded(root);
    }
    int toFirst = compare(id, firstId(root));
    if (toLast > 0 || toFirst > 0) {
      return StreamGroups.UNKNOWN_COUNT;
    }
    long before = entriesAdded(root) - length(root);
    return toFirst < 0 ? before : before + 1;
  }

  private static int compare(long id, long other) {
    return IdTree.compare(
        Region.getLong(id),
        Region.getLong(id + Long.BYTES),
        Region.getLong(other),
        Region.getLong(other + Long.BYTES));
  }
}
