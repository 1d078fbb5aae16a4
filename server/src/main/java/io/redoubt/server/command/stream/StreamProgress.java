package io.redoubt.server.command.stream;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;

/**
 * The progress of consumer groups: the number of entries read of all that were ever added, and the
 * lag. Both are known while entries were only added and trimmed; after XDEL removed some in the
 * middle they may be unknown.
 */
final class StreamProgress {
  /** Marks an unknown lag; a lag may be negative after XGROUP SETID with ENTRIESREAD. */
  static final long UNKNOWN_LAG = Long.MIN_VALUE;

  private static final long UNKNOWN = StreamGroups.UNKNOWN_COUNT;

  private StreamProgress() {}

  /** Advances a group past an entry: its last id and its count of entries read. */
  static void read(long root, long group, StreamId id) {
    if (id.compareAt(StreamGroups.lastId(group)) <= 0) {
      return;
    }
    long read = StreamGroups.entriesRead(group);
    if (read != UNKNOWN && !hasDeletedFrom(root, id.millis(), id.sequence())) {
      StreamGroups.setEntriesRead(group, StreamRoot.next(read));
    } else if (StreamRoot.entriesAdded(root) > 0) {
      StreamGroups.setEntriesRead(group, countUpTo(root, id.millis(), id.sequence()));
    }
    StreamGroups.setLastId(group, id);
  }

  /** Returns the number of entries a group has not read yet, or {@link #UNKNOWN_LAG}. */
  static long lag(long root, long group) {
    long added = StreamRoot.entriesAdded(root);
    if (added == 0) {
      return 0;
    }
    long lastId = StreamGroups.lastId(group);
    long millis = Region.getLong(lastId);
    long sequence = Region.getLong(lastId + 8);
    long read = StreamGroups.entriesRead(group);
    if (read == UNKNOWN || hasDeletedFrom(root, millis, sequence)) {
      read = countUpTo(root, millis, sequence);
    }
    return read == UNKNOWN ? UNKNOWN_LAG : added - read;
  }

  /** Returns true if XDEL may have left a gap at the id or after it, among the present entries. */
  private static boolean hasDeletedFrom(long root, long millis, long sequence) {
    return !isWhole(root) && compare(StreamRoot.maxDeletedId(root), millis, sequence) >= 0;
  }

  /** Returns true if no entry after the first present one was deleted. */
  private static boolean isWhole(long root) {
    long deleted = StreamRoot.maxDeletedId(root);
    long first = StreamRoot.firstId(root);
    return StreamRoot.length(root) == 0
        || compare(deleted, 0, 0) == 0
        || compare(deleted, Region.getLong(first), Region.getLong(first + 8)) < 0;
  }

  /** Returns the number of entries ever added up to the id, or UNKNOWN, without visiting them. */
  private static long countUpTo(long root, long millis, long sequence) {
    long added = StreamRoot.entriesAdded(root);
    long length = StreamRoot.length(root);
    int toLast = -compare(StreamRoot.lastId(root), millis, sequence);
    if (added == 0 || toLast == 0 || (length == 0 && toLast < 0)) {
      return added;
    }
    if (toLast > 0) {
      return UNKNOWN;
    }
    long first = StreamRoot.firstId(root);
    int toFirst = -compare(first, millis, sequence);
    if (isWhole(root) && toFirst <= 0) {
      return added - length + (toFirst == 0 ? 1 : 0);
    }
    return UNKNOWN;
  }

  /** Compares the id at an address with another one. */
  private static int compare(long address, long millis, long sequence) {
    return IdTree.compare(Region.getLong(address), Region.getLong(address + 8), millis, sequence);
  }
}
