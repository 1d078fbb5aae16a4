package io.redoubt.server.tracking;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.SharedMessage;
import io.redoubt.protocol.session.TrackedClients;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Shortage;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * The keys read by clients with client-side caching, and their readers. A changed key is sent to
 * its readers and forgotten. As in Redis, a key counts for all databases.
 *
 * <p>The table is in the region. A key is one block, with the id of its only reader or the address
 * of a sorted array of ids. Ids of clients that have left are dropped when their array is full, so
 * an array has at most twice as many places as there are clients. Confined to the event loop.
 */
public final class TrackedKeys {
  // The owner's part of a block (KeyBlock).
  private static final int IDS_AT = 0;
  private static final int COUNT_AT = 8;
  private static final int PLACES_AT = 12;

  private static final int FIRST_PLACES = 4;
  private static final int EVICTIONS_A_UNIT = 100;
  private static final int BUCKETS_A_SLICE = 64;
  private static final long NONE = 0;

  private final Slabs slabs;
  private final Loop loop;
  private final RandomGenerator random;
  private final LongSupplier maxKeys;
  private final TrackedClients clients;
  private final LongPredicate isConnected;
  private final Broadcasts broadcasts;
  private final ByteTable table;
  private final ByteTable retired;
  private final KeyVisitor rememberKey = this::rememberKey;
  private final BlockConsumer free = this::free;
  private long header = NONE;
  private long size;
  private long items;
  private long unitsAboveLimit;

  // The client and the request with the keys being remembered.
  private long reader;
  private Request request = new Request();

  /**
   * Creates an empty table.
   *
   * @param isConnected returns true if a client with the id is connected. One that has turned
   *     tracking off counts too: as in Redis, it hears of its earlier reads once tracking is on
   *     again.
   * @param maxKeys returns the number of keys from which on others are evicted, 0 for no limit
   */
  public TrackedKeys(
      Keyspace keyspace,
      TrackedClients clients,
      LongPredicate isConnected,
      Loop loop,
      RandomGenerator random,
      LongSupplier maxKeys) {
    this.slabs = keyspace.slabs();
    this.clients = clients;
    this.isConnected = isConnected;
    this.loop = loop;
    this.random = random;
    this.maxKeys = maxKeys;
    broadcasts = new Broadcasts(keyspace, clients, loop);
    table = new ByteTable(slabs, keyspace.hash(), KeyBlock.KEY_AT);
    retired = new ByteTable(slabs, keyspace.hash(), KeyBlock.KEY_AT);
  }

  /** Returns the number of keys. */
  public long size() {
    return size;
  }

  /** Returns the number of readers of all keys. */
  public long items() {
    return items;
  }

  // ---- reads

  /** Remembers the keys of a command that has read them for a client. */
  public void read(ServerClient client, Command<?> command, Request from) {
    if (command.has(Flag.READONLY) && !command.has(Flag.SKIP_MONITOR)) { // not EVAL_RO itself
      reader = client.id();
      request = from;
      command.keySpecs().forEach(from, rememberKey);
    }
  }

  private void rememberKey(int argument, int flags) {
    long key = request.offset(argument);
    int length = request.length(argument);
    if (isMemoryShort()) {
      forgo(key, length);
      return;
    }
    try {
      remember(key, length);
    } catch (OutOfMemoryError full) { // the client must not cache a key that is not remembered
      forgo(key, length);
    }
  }

  private void forgo(long key, int length) {
    clients.invalidate(reader, TrackedClients.invalidation(Region.MEMORY, key, length), false);
  }

  private void remember(long key, int length) {
    if (header == NONE) {
      table.create();
      header = table.header();
    }
    long hash = table.hash(key, length);
    long block = table.find(hash, key, length);
    if (block == NONE) {
      block = KeyBlock.create(slabs, key, length);
      Region.putLong(block + IDS_AT, reader);
      Region.putInt(block + COUNT_AT, 1);
      Region.putInt(block + PLACES_AT, 1);
      KeyBlock.insert(slabs, table, hash, block);
      size++;
      items++;
    } else {
      addReader(block);
    }
  }

  private void addReader(long block) {
    int count = Region.getInt(block + COUNT_AT);
    int place = placeOf(block, count, reader);
    if (place < count && id(block, place) == reader) {
      return;
    }
    if (count == Region.getInt(block + PLACES_AT)) {
      count = makePlace(block, count);
      place = placeOf(block, count, reader);
    }
    long at = ids(block) + place * 8L;
    Region.copy(at, at + 8, (count - place) * 8L);
    Region.putLong(at, reader);
    Region.putInt(block + COUNT_AT, count + 1);
    items++;
  }

  /** Drops readers that have left, and otherwise moves the ids to an array twice as long. */
  private int makePlace(long block, int count) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
      long id = id(block, i);
      if (isConnected.test(id)) {
        Region.putLong(ids(block) + kept * 8L, id);
        kept++;
      }
    }
    items -= count - kept;
    Region.putInt(block + COUNT_AT, kept);
    if (kept < count) {
      return kept;
    }
    int places = count == 1 ? FIRST_PLACES : count * 2;
    long longer = slabs.allocateFar(places * 8L);
    Region.copy(ids(block), longer, count * 8L);
    freeIds(block);
    Region.putLong(block + IDS_AT, longer);
    Region.putInt(block + PLACES_AT, places);
    return count;
  }

  /** Returns the index of an id, or the one at which it belongs. */
  private static int placeOf(long block, int count, long id) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (id(block, middle) < id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static long ids(long block) {
    return Region.getInt(block + PLACES_AT) == 1 ? block + IDS_AT : Region.getLong(block + IDS_AT);
  }

  private static long id(long block, int index) {
    return Region.getLong(ids(block) + index * 8L);
  }

  // ---- changes

  /**
   * Sends a changed key to its readers and to the clients with its prefix.
   *
   * @param by the client whose command changed it
   */
  public void onChanged(ServerClient by, long key, int length) {
    if (clients.isBroadcasting()) { // with NOLOOP a client receives what its scripts change
      long byId = by.isInScript() ? TrackedClients.NO_CLIENT : by.id();
      broadcasts.add(key, length, byId);
    }
    if (size > 0) {
      invalidate(key, length, true);
    }
  }

  /** Sends a key that was changed or removed by no client. */
  public void onChanged(long key, int length) {
    if (clients.isBroadcasting()) {
      broadcasts.add(key, length, TrackedClients.NO_CLIENT);
    }
    if (size > 0) {
      invalidate(key, length, false);
    }
  }

  private void invalidate(long key, int length, boolean byCommand) {
    long hash = table.hash(key, length);
    long block = table.find(hash, key, length);
    if (block != NONE) {
      forget(hash, block, byCommand);
    }
  }

  private void forget(long hash, long block, boolean byCommand) {
    table.remove(hash, block);
    long key = KeyBlock.keyAddress(block);
    int length = KeyBlock.keyLength(block);
    int count = Region.getInt(block + COUNT_AT);
    size--;
    items -= count;
    SharedMessage message = TrackedClients.invalidation(Region.MEMORY, key, length);
    for (int i = 0; i < count; i++) {
      clients.invalidate(id(block, i), message, byCommand);
    }
    free(block);
  }

  private void free(long block) {
    freeIds(block);
    KeyBlock.free(slabs, block);
  }

  private void freeIds(long block) {
    int places = Region.getInt(block + PLACES_AT);
    if (places > 1) {
      slabs.free(Region.getLong(block + IDS_AT), places * 8L);
    }
  }

  /** Notifies all clients that no key is valid any more, and forgets all keys. */
  public void onFlushed() {
    clients.invalidateAll();
    if (header != NONE) {
      long old = header;
      header = NONE;
      size = 0;
      items = 0;
      dismantle(old);
    }
  }

  /** Frees a table in slices, so that no command waits for its size. */
  private void dismantle(long old) {
    retired.pointTo(old);
    for (int i = 0; i < BUCKETS_A_SLICE; i++) {
      if (!retired.dismantle(free)) {
        return;
      }
    }
    loop.execute(() -> dismantle(old));
  }

  // ---- the limit

  /** Evicts random keys above the limit; more per call the longer it is exceeded. */
  public void keepLimit() {
    if (size == 0) {
      return;
    }
    long most = maxKeys.getAsLong();
    if (most == 0 || size <= most) {
      unitsAboveLimit = 0;
      return;
    }
    long evictions = EVICTIONS_A_UNIT * (unitsAboveLimit + 1);
    while (size > most && evictions-- > 0) {
      long block = table.random(random);
      long hash = table.hash(KeyBlock.keyAddress(block), KeyBlock.keyLength(block));
      forget(hash, block, false);
    }
    unitsAboveLimit = size > most ? unitsAboveLimit + 1 : 0;
  }

  // ---- the end of memory

  /**
   * Forgets all keys if only the reserve of the region is left, so that reads of some clients don't
   * prevent writes of others. Each client gets a single message, because messages with all keys
   * could need more memory than they free.
   */
  public void forgetIfShort() {
    if (size > 0 && isMemoryShort()) {
      onFlushed();
    }
  }

  private boolean isMemoryShort() {
    return slabs.isShort() && slabs.checkShortage() != Shortage.NONE;
  }
}
