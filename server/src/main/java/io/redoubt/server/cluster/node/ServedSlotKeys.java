package io.redoubt.server.cluster.node;

import io.redoubt.server.cluster.slot.SlotKeys;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.KeyspaceSlots;
import io.redoubt.server.memory.Region;
import java.util.ArrayList;
import java.util.List;

/** The keys of this node by slot. */
final class ServedSlotKeys implements SlotKeys {
  private final Keyspace keyspace;
  private final KeyspaceSlots slots;

  ServedSlotKeys(Keyspace keyspace) {
    this.keyspace = keyspace;
    this.slots = new KeyspaceSlots(keyspace);
  }

  @Override
  public long count(int slot) {
    return slots.count(slot);
  }

  @Override
  public long count(int database, int slot) {
    return slots.count(keyspace.database(database), slot);
  }

  @Override
  public List<byte[]> keys(int database, int slot, int max) {
    Database of = keyspace.database(database);
    List<byte[]> keys = new ArrayList<>((int) Math.min(max, count(database, slot)));
    long cursor = 0;
    do {
      cursor =
          slots.scan(
              of,
              slot,
              cursor,
              entry -> {
                if (keys.size() < max) {
                  keys.add(Region.toByteArray(Entry.keyAddress(entry), Entry.keyLength(entry)));
                }
              });
    } while (cursor != 0 && keys.size() < max);
    return keys;
  }
}
