package io.redoubt.server.tracking;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.session.TrackedClients;
import io.redoubt.protocol.session.TrackedPrefix;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The changed keys that clients with BCAST have not received yet. Each prefix has a table of them
 * in the region, which lasts until the end of the event loop's turn. Then its clients receive one
 * message with all of them, in the order of their first change.
 *
 * <p>If the region has no room for a key, the keys so far are sent at once, so none is lost.
 */
final class Broadcasts implements TrackedClients.ChangedKeys {
  // The owner's part of a block (KeyBlock): the client that changed the key last, the next block.
  private static final int BY_AT = 0;
  private static final int NEXT_AT = 8;

  // The owner's part of a table's header: the first and the last block, and the writers as bits.
  private static final int FIRST_AT = 0;
  private static final int LAST_AT = 8;
  private static final int WRITERS_AT = 16;
  private static final int OWN_BYTES = 24;

  private static final long NONE = 0;

  private final Slabs slabs;
  private final Loop loop;
  private final TrackedClients clients;
  private final ByteTable table;
  private final Runnable send = this::sendPlanned;
  private final Consumer<TrackedPrefix> addToPrefix = this::add;
  private final BlockConsumer freeBlock = this::free;

  private final List<TrackedPrefix> changed = new ArrayList<>();

  private boolean isPlanned;

  // The key that is being added, and the client that changed it.
  private long key;
  private int length;
  private long by;

  Broadcasts(Keyspace keyspace, TrackedClients clients, Loop loop) {
    slabs = keyspace.slabs();
    this.clients = clients;
    this.loop = loop;
    table = new ByteTable(slabs, keyspace.hash(), KeyBlock.KEY_AT, OWN_BYTES);
  }

  /**
   * Adds a changed key to the next broadcasts.
   *
   * @param byId the id of the client that changed it, which with NOLOOP does not receive it, or
   *     {@link TrackedClients#NO_CLIENT}
   */
  void add(long keyAddress, int keyLength, long byId) {
    key = keyAddress;
    length = keyLength;
    by = byId;
    clients.forEachPrefix(Region.MEMORY, keyAddress, keyLength, addToPrefix);
  }

  private void add(TrackedPrefix prefix) {
    try {
      addKey(prefix);
    } catch (OutOfMemoryError full) {
      send();
      clients.broadcast(prefix, new OnlyKey());
    }
  }

  private void addKey(TrackedPrefix prefix) {
    if (prefix.changedKeys() == NONE) {
      table.create();
      Region.putLong(table.ownHeader() + FIRST_AT, NONE);
      Region.putLong(table.ownHeader() + LAST_AT, NONE);
      Region.putLong(table.ownHeader() + WRITERS_AT, 0);
      prefix.setChangedKeys(table.header());
      changed.add(prefix);
      plan();
    } else {
      table.pointTo(prefix.changedKeys());
    }
    long own = table.ownHeader();
    long hash = table.hash(key, length);
    long block = table.find(hash, key, length);
    if (block == NONE) {
      block = insert(own, hash);
    }
    Region.putLong(block + BY_AT, by);
    Region.putLong(own + WRITERS_AT, Region.getLong(own + WRITERS_AT) | bit(by));
  }

  private long insert(long own, long hash) {
    long block = KeyBlock.create(slabs, key, length);
    Region.putLong(block + NEXT_AT, NONE);
    KeyBlock.insert(slabs, table, hash, block);
    long last = Region.getLong(own + LAST_AT);
    if (last == NONE) {
      Region.putLong(own + FIRST_AT, block);
    } else {
      Region.putLong(last + NEXT_AT, block);
    }
    Region.putLong(own + LAST_AT, block);
    return block;
  }

  private void free(long block) {
    KeyBlock.free(slabs, block);
  }

  private static long bit(long clientId) {
    return clientId == TrackedClients.NO_CLIENT ? 0 : 1L << clientId;
  }

  private void plan() {
    if (!isPlanned) {
      isPlanned = true;
      loop.execute(send);
    }
  }

  private void sendPlanned() {
    isPlanned = false;
    send();
  }

  /** Sends all changed keys and forgets them. */
  private void send() {
    changed.sort(null); // as Redis, which goes through prefixes in order
    for (TrackedPrefix prefix : changed) {
      table.pointTo(prefix.changedKeys());
      clients.broadcast(prefix, this);
      free(prefix);
    }
    changed.clear();
  }

  private void free(TrackedPrefix prefix) {
    while (table.dismantle(freeBlock)) {
      // One bucket a step.
    }
    prefix.setChangedKeys(NONE);
  }

  @Override
  public long count(long withoutClientId) {
    long own = table.ownHeader();
    if ((Region.getLong(own + WRITERS_AT) & bit(withoutClientId)) == 0) {
      return table.size();
    }
    long count = 0;
    long block = Region.getLong(own + FIRST_AT);
    for (; block != NONE; block = Region.getLong(block + NEXT_AT)) {
      count += Region.getLong(block + BY_AT) == withoutClientId ? 0 : 1;
    }
    return count;
  }

  @Override
  public void write(ReplyWriter to) {
    to.array(Math.toIntExact(table.size()));
    long block = Region.getLong(table.ownHeader() + FIRST_AT);
    for (; block != NONE; block = Region.getLong(block + NEXT_AT)) {
      to.bulk(Region.MEMORY, KeyBlock.keyAddress(block), KeyBlock.keyLength(block));
    }
  }

  /**
   * Copies the encoded keys except the client's own, in runs, since this is repeated for many
   * clients.
   */
  @Override
  public void writeOthers(ReplyWriter to, long withoutClientId, long count, ReplyCollector all) {
    to.array(Math.toIntExact(count));
    long at = all.start() + ReplyWriter.headerLength(table.size());
    long from = at;
    long block = Region.getLong(table.ownHeader() + FIRST_AT);
    for (; block != NONE; block = Region.getLong(block + NEXT_AT)) {
      long next = at + ReplyWriter.bulkLength(KeyBlock.keyLength(block));
      if (Region.getLong(block + BY_AT) == withoutClientId) {
        to.raw(all.memory(), from, at - from);
        from = next;
      }
      at = next;
    }
    to.raw(all.memory(), from, at - from);
  }

  /** A single key that did not fit into the region. */
  private final class OnlyKey implements TrackedClients.ChangedKeys {
    @Override
    public long count(long withoutClientId) {
      return withoutClientId != TrackedClients.NO_CLIENT && withoutClientId == by ? 0 : 1;
    }

    @Override
    public void write(ReplyWriter to) {
      to.array(1);
      to.bulk(Region.MEMORY, key, length);
    }

    @Override
    public void writeOthers(ReplyWriter to, long withoutClientId, long count, ReplyCollector all) {
      throw new IllegalStateException("of one key there are all others or none");
    }
  }
}
