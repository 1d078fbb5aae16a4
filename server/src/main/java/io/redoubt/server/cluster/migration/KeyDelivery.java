package io.redoubt.server.cluster.migration;

import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.KeyVisitor;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import io.redoubt.server.client.RequestQueue;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.OtherDatabase;
import io.redoubt.server.execution.Propagation;
import io.redoubt.server.keyspace.DatabaseIndex;
import io.redoubt.server.keyspace.DatabaseKey;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.SlotWalk;
import io.redoubt.server.keyspace.SnapshotGate;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends the keys of slots to the target of a migration, and afterwards their changes, so that the
 * target has the same data as soon as it has executed all requests. Confined to the event loop.
 *
 * <p>A key is sent when the walk reaches it or just before its first change, whichever is earlier;
 * then the effects of commands on it are forwarded. All keys of an effect are sent before the
 * effect, so it can be forwarded unchanged, and no pre-image is needed.
 *
 * <p>A set, hash or sorted set with a large table is sent in slices, each with the current state of
 * its elements. Meanwhile, effects that change single elements are forwarded, too: an element that
 * they change before its slice is overwritten by the slice, and a removed one is missing from it.
 * Any other effect on such a key, such as ZPOPMIN, depends on the whole value. It is not forwarded;
 * instead the keys of its unit are sent anew. A key for which that happens repeatedly is sent as a
 * whole.
 */
final class KeyDelivery implements SnapshotGate, Propagation.Sink, KeyVisitor, AutoCloseable {
  /** The commands whose effects are forwarded to a key that is being sent in slices. */
  private static final Set<String> BY_ELEMENT =
      Set.of(
          "sadd",
          "srem",
          "hset",
          "hmset",
          "hsetnx",
          "hdel",
          "hincrby",
          "hincrbyfloat",
          "zadd",
          "zincrby",
          "zrem",
          "expire",
          "pexpire",
          "expireat",
          "pexpireat",
          "persist");

  private static final Set<String> REMOVALS = Set.of("del", "unlink");
  private static final Set<String> FLUSHES = Set.of("flushall", "flushdb");

  /** The number of elements at which a value is sent in slices. */
  private static final long LARGE_ELEMENTS = 1024;

  private static final int MAX_RESTARTS = 3;
  private static final int ENTRIES_A_STEP = 16;

  private final MigrationParts parts;

  private final SlotSet slots;
  private final RequestQueue queue;
  private final KeyEncoder encoder;
  private final Consumer<String> failed;
  private final int version;
  private final RequestDecoder decoder;
  private final Request request = new Request();
  private final ByteQueue unit;
  private final Map<DatabaseKey, LargeKey> large = new LinkedHashMap<>();
  private final Map<DatabaseKey, Integer> restarts = new HashMap<>();
  private final Set<DatabaseKey> unitKeys = new LinkedHashSet<>();
  private long unitRequests;

  /** The database of the first request of the unit. */
  private int unitStart;

  /** The database of its last request. */
  private int unitEnd;

  private boolean inTransaction;
  private boolean tainted;
  private int[] keys = new int[16];
  private int keyCount;
  private @Nullable SlotWalk walk;
  private boolean closed;

  KeyDelivery(MigrationParts parts, SlotSet slots, RequestQueue queue, Consumer<String> failed) {
    this.parts = parts;
    this.slots = slots;
    this.queue = queue;
    this.failed = failed;
    encoder = new KeyEncoder(parts.values(), queue);
    version = parts.settings().persistence.rdbWriteVersion.value();
    var registry = parts.clients().registry();
    decoder = new RequestDecoder(registry.limits(), registry.memory());
    decoder.setAuthenticated(true);
    decoder.setFromMaster(true);
    unit = new ByteQueue(registry.memory());
  }

  /** Starts to send the keys and to forward changes. */
  void start() {
    walk = parts.keyspace().startSlotWalk(slots, this);
    parts.propagation().add(this);
  }

  /** Sends some keys; returns true if more are left. */
  boolean step() {
    SlotWalk walked = walk;
    if (walked == null) {
      return false;
    }
    try {
      if (!large.isEmpty()) {
        sliceOf(large.values().iterator().next());
        return true;
      }
      return walked.step(ENTRIES_A_STEP, this::deliver) || !large.isEmpty();
    } catch (OutOfMemoryError full) {
      failLater("Out of memory");
      return false;
    }
  }

  /** Sends the key of an entry, or starts to send it in slices. */
  private void deliver(int index, long entry) {
    if (closed) {
      return;
    }
    if (isLarge(entry)) {
      DatabaseKey key = DatabaseKey.of(index, entry);
      if (restarts.getOrDefault(key, 0) <= MAX_RESTARTS) {
        large.put(key, new LargeKey(key));
        return;
      }
    }
    encoder.select(index);
    encoder.restore(entry, version);
  }

  private boolean isLarge(long entry) {
    return parts.values().tableElements(entry) >= LARGE_ELEMENTS;
  }

  private long find(DatabaseKey key) {
    return key.find(parts.keyspace().database(key.database()), parts.keyspace().slabs());
  }

  private void sliceOf(LargeKey key) {
    long entry = find(key.key);
    if (entry == Entry.NONE) {
      large.remove(key.key); // its removal was forwarded
      return;
    }
    encoder.select(key.key.database());
    if (parts.values().tableElements(entry) < 0) {
      large.remove(key.key);
      encoder.restore(entry, version);
      return;
    }
    key.cursor = encoder.slice(entry, key.cursor);
    if (key.cursor == 0) {
      large.remove(key.key);
      encoder.expiry(entry);
    }
  }

  @Override
  public void beforeChange(int index, long entry) {
    try {
      deliver(index, entry);
    } catch (OutOfMemoryError full) {
      failLater("Out of memory");
    }
  }

  private void failLater(String reason) {
    if (!closed) {
      parts.transport().loop().execute(() -> failed.accept(reason));
    }
  }

  // The effects of commands.

  @Override
  public int target() {
    return Propagation.TO_APPEND_ONLY_FILE | Propagation.TO_REPLICAS;
  }

  @Override
  public void beginTransaction() {
    inTransaction = true;
  }

  @Override
  public void endTransaction() {
    inTransaction = false;
    endUnit();
  }

  @Override
  public void onLost() {
    failLater("Effects of a command were lost for lack of memory");
  }

  @Override
  public long offset() {
    return 0;
  }

  @Override
  public void propagate(int index, MemorySegment memory, long start, long end) {
    if (DatabaseIndex.isStaged(index) || closed) {
      return;
    }
    follow(index, memory, start, end);
    request.release();
    if (!inTransaction) {
      endUnit();
    }
  }

  private void follow(int index, MemorySegment memory, long start, long end) {
    try {
      long unused = decoder.decode(memory, start, end, request);
    } catch (ProtocolException impossible) {
      throw new IllegalStateException(impossible);
    }
    Command<?> command = parts.dispatcher().find(request);
    if (command == null) {
      return;
    }
    if (FLUSHES.contains(command.name())) {
      failLater("The database was flushed");
      return;
    }
    keyCount = 0;
    boolean unused = command.keySpecs().forEach(request, this);
    if (!isMigrated()) {
      return;
    }
    int argument = OtherDatabase.argument(command, request);
    int other = argument == 0 ? index : OtherDatabase.index(request, argument);
    for (int i = 0; i < keyCount; i++) {
      sendBeforeEffect(command, keys[i], index, other != index);
    }
    if (other != index) {
      sendBeforeEffect(command, keys[keyCount - 1], other, true);
    }
    selectInUnit(index);
    if (argument == 0) {
      unit.append(memory, start, end - start, 0);
    } else {
      encoder.appendStaged(request, argument, other, unit);
    }
    unitRequests++;
  }

  private void selectInUnit(int index) {
    if (unit.isEmpty()) {
      unitStart = index;
    } else if (index != unitEnd) {
      encoder.appendSelect(index, unit);
      unitRequests++;
    }
    unitEnd = index;
  }

  @Override
  public void key(int argument, int flags) {
    if (keyCount == keys.length) {
      keys = Arrays.copyOf(keys, 2 * keyCount);
    }
    keys[keyCount++] = argument;
  }

  private boolean isMigrated() {
    for (int i = 0; i < keyCount; i++) {
      int argument = keys[i];
      if (slots.contains(
          KeySlot.of(request.memory(), request.offset(argument), request.length(argument)))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Ensures that a key precedes an effect that names it: sends it unless the walk has done so.
   *
   * @param crosses true for an effect on two databases
   */
  private void sendBeforeEffect(Command<?> command, int argument, int index, boolean crosses) {
    DatabaseKey key =
        new DatabaseKey(
            index,
            ByteString.copyOf(
                request.memory(), request.offset(argument), request.length(argument)));
    long entry = find(key);
    if (entry != Entry.NONE) {
      // calls beforeChange above unless the key was already sent
      parts.keyspace().database(index).beforeChange(entry);
    }
    boolean several = keyCount > 1 || crosses;
    if (inTransaction || several || !large.isEmpty()) {
      unitKeys.add(key);
    }
    if (large.containsKey(key)) {
      if (REMOVALS.contains(command.name())) {
        large.remove(key);
      } else if (several || !BY_ELEMENT.contains(command.name())) {
        tainted = true;
      }
    }
  }

  private void endUnit() {
    if (tainted) {
      unitKeys.forEach(this::redeliver);
    } else if (!unit.isEmpty()) {
      encoder.select(unitStart);
      encoder.send(unit, unitRequests, unitEnd);
    }
    unit.clear();
    unitKeys.clear();
    unitRequests = 0;
    tainted = false;
    queue.pumpSoon();
  }

  private void redeliver(DatabaseKey key) {
    encoder.select(key.database());
    encoder.remove(key.name());
    if (large.remove(key) != null) {
      restarts.merge(key, 1, Integer::sum);
    }
    long entry = find(key);
    if (entry != Entry.NONE) {
      deliver(key.database(), entry);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (walk != null) {
      walk.close();
      parts.propagation().remove(this);
    }
    unit.clear();
    large.clear();
    encoder.close();
  }

  /** A large value that is being sent in slices. */
  private static final class LargeKey {
    private final DatabaseKey key;

    /** The scan position among its elements, 0 at the start. */
    private long cursor;

    LargeKey(DatabaseKey key) {
      this.key = key;
    }
  }
}
