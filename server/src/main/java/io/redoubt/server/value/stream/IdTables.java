package io.redoubt.server.value.stream;

import io.redoubt.server.memory.Region;

/**
 * The linked list of the tables that hold idempotent ids, with a position that goes round. A table
 * begins with the addresses of the previous and the next one, 0 for none.
 */
final class IdTables {
  private static final int NEXT_AT = 8;

  private long first;
  private long last;

  /** The table at which {@link #advance} continues, 0 for the first. */
  private long position;

  boolean isEmpty() {
    return first == 0;
  }

  /** Returns the table at the position, and moves the position to the next one. */
  long advance() {
    long table = position == 0 ? first : position;
    position = Region.getLong(table + NEXT_AT);
    return table;
  }

  /** Returns true if the position has just passed the last table, or never moved. */
  boolean isAtEnd() {
    return position == 0;
  }

  void add(long table) {
    Region.putLong(table, 0);
    Region.putLong(table + NEXT_AT, first);
    if (first == 0) {
      last = table;
    } else {
      Region.putLong(first, table);
    }
    first = table;
  }

  void remove(long table) {
    long previous = Region.getLong(table);
    long following = Region.getLong(table + NEXT_AT);
    if (previous == 0) {
      first = following;
    } else {
      Region.putLong(previous + NEXT_AT, following);
    }
    if (following == 0) {
      last = previous;
    } else {
      Region.putLong(following, previous);
    }
    if (position == table) {
      position = following;
    }
  }

  /** Takes over all tables of another list. */
  void takeOver(IdTables others) {
    if (others.first == 0) {
      return;
    }
    Region.putLong(others.last + NEXT_AT, first);
    if (first == 0) {
      last = others.last;
    } else {
      Region.putLong(first, others.last);
    }
    first = others.first;
    others.first = 0;
    others.last = 0;
    others.position = 0;
  }
}
