package io.redoubt.server.cluster.slot;

import java.util.List;

/** The keys of this server by hash slot. Used on the event loop. */
public interface SlotKeys {
  long count(int slot);

  /** Returns up to {@code max} keys of a slot, in any order. */
  List<byte[]> keys(int slot, int max);
}
