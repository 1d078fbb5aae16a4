package io.redoubt.server.cluster.slot;

import java.util.List;

/** The keys of this server by hash slot. Used on the event loop. */
public interface SlotKeys {
  /** Returns the number of keys of a slot in all databases. */
  long count(int slot);

  /** Returns the number of keys of a slot in one database. */
  long count(int database, int slot);

  /** Returns up to {@code max} keys of a slot in one database, in any order. */
  List<byte[]> keys(int database, int slot, int max);
}
