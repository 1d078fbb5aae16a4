package io.redoubt.server.keyspace;

import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A walk over the state of the keyspace when it started, in steps between commands. Every entry of
 * that state is delivered exactly once and unchanged: by {@link #step}, or, if it is about to
 * change before the walk reaches it, to the {@link SnapshotGate}.
 *
 * <p>The epoch of an entry marks it as delivered: it equals the walk's if the entry was delivered
 * or created since the start. A completed walk has set its epoch in all entries, and new ones are
 * created with it. So 7 bits suffice as long as one walk in 127 completes; {@link
 * Keyspace#startWalk} handles the other case.
 *
 * <p>Databases are walked in their order at the start, along the scan order of their tables.
 * Contents that are flushed or swapped meanwhile are walked too, and freed afterwards. Slots that
 * are dropped meanwhile are freed at the end, and their entries delivered to the gate. Staged slots
 * that are taken over meanwhile are walked at the end, and their entries delivered as staged ones.
 */
public final class Walk implements AutoCloseable {

  private static final int NO_SLOT = -1;

  static final int MAX_NUMBER = 0xff_ffff;

  private final Contents[] contents;
  private final Supplier<Contents> first;
  private final DroppedSlots dropped;
  private final SnapshotGate gate;
  private final int number;
  private final int epoch;
  private final Consumer<Walk> ended;
  private final long[] sizes;
  private final long[] expires;
  private final BlockConsumer gatherer = this::gather;

  /** The entries of the current bucket, until they are delivered. */
  private long[] gathered = new long[64];

  /** Slots that were staged at the start and are in the first database now. */
  private @Nullable SlotSet unstaged;

  /**
   * The slot of {@link #unstaged} being walked. It and the preceding slots are not in the set any
   * more.
   */
  private int unstagedSlot = NO_SLOT;

  private int database;
  private long cursor;
  private int count;
  private boolean isClosed;

  /**
   * Starts a walk.
   *
   * @param contents the contents of all databases, the staged one last if there is one
   * @param first supplies the current contents of the first database
   * @param dropped the slots whose entries are not freed yet
   * @param gate receives entries that are about to change
   * @param number a number other than 0 that no recent walk had
   * @param epoch the epoch that marks entries as delivered
   * @param ended is notified when it is closed
   */
  Walk(
      Contents[] contents,
      Supplier<Contents> first,
      DroppedSlots dropped,
      SnapshotGate gate,
      int number,
      int epoch,
      Consumer<Walk> ended) {
    this.contents = contents;
    this.first = first;
    this.dropped = dropped;
    this.gate = gate;
    this.number = number;
    this.epoch = epoch;
    this.ended = ended;
    sizes = new long[contents.length];
    expires = new long[contents.length];
    for (int i = 0; i < contents.length; i++) {
      Contents walked = contents[i];
      walked.walkedAs = i;
      sizes[i] = walked.size();
      expires[i] = walked.expiries.size();
    }
  }

  /**
   * Returns the walk's number, 24 bits and not 0, which marks parts of large values as saved.
   * Numbers repeat only after 2^24 - 1 walks.
   */
  public int number() {
    return number;
  }

  /** Returns the number of entries that a database had at the start. */
  public long size(int database) {
    return sizes[database];
  }

  /** Returns the number of entries with an expiry time that a database had at the start. */
  public long expires(int database) {
    return expires[database];
  }

  /** Returns true until it is closed. */
  boolean isRunning() {
    return !isClosed;
  }

  /** Returns true if everything has been delivered. */
  public boolean isDone() {
    return database == contents.length && !hasUnstaged() && !dropped.isWalked();
  }

  private boolean hasUnstaged() {
    return unstagedSlot != NO_SLOT || (unstaged != null && !unstaged.isEmpty());
  }

  /**
   * Advances by at least {@code entries} entries or a comparable number of empty buckets.
   *
   * @return true if there is more to walk
   */
  public boolean step(int entries, WalkSink to) {
    int work = 0;
    while (work < entries && !isDone()) {
      if (database == contents.length) {
        if (hasUnstaged()) {
          work += Math.max(1, stepUnstaged(to));
          continue;
        }
        dropped.freeSome(); // passes the remaining entries to the gate
        work++;
        continue;
      }
      Contents walked = contents[database];
      if (sizes[database] == 0) {
        database++;
        continue;
      }
      count = 0;
      cursor = walked.scan(cursor, gatherer);
      walked.entries.keepSum(readAhead());
      handOver(to);
      work += Math.max(1, count);
      if (cursor == 0) {
        database++;
      }
    }
    return !isDone();
  }

  /** Walks a bucket of a slot that was staged at the start; returns the number of entries. */
  private int stepUnstaged(WalkSink to) {
    SlotSet slots = unstaged;
    SlotTables tables = first.get().slots;
    if (slots == null || tables == null) {
      throw new IllegalStateException();
    }
    if (unstagedSlot == NO_SLOT) {
      unstagedSlot = 0;
      while (!slots.contains(unstagedSlot)) {
        unstagedSlot++;
      }
      cursor = 0;
    }
    count = 0;
    cursor = tables.size(unstagedSlot) == 0 ? 0 : tables.scanSlot(unstagedSlot, cursor, gatherer);
    handOver(to);
    if (cursor == 0) {
      slots.remove(unstagedSlot);
      unstagedSlot = NO_SLOT;
    }
    return count;
  }

  /** Records that the entries of a staged slot have moved to the first database. */
  void onUnstaged(int slot) {
    if (unstaged == null) {
      unstaged = new SlotSet();
    }
    unstaged.add(slot);
  }

  /** Returns the index of the database in which an entry was at the start. */
  private int indexOf(int walked, long entry) {
    SlotSet moved = unstaged;
    if (moved == null || walked != 0) {
      return walked;
    }
    int slot = KeySlot.of(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
    return moved.contains(slot) ? stagedIndex() : walked;
  }

  /** Returns the index of the staged database, which only keyspaces by slot have. */
  private int stagedIndex() {
    return contents.length - 1;
  }

  private void gather(long entry) {
    if (Entry.epoch(entry) != epoch) {
      if (count == gathered.length) {
        gathered = Arrays.copyOf(gathered, 2 * count);
      }
      gathered[count++] = entry;
    }
  }

  /**
   * Prefetches the values, so that the memory latencies overlap; returns a sum of the bytes read.
   */
  private long readAhead() {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      long entry = gathered[i];
      long payload = Entry.payloadAddress(entry);
      sum +=
          switch (Entry.encoding(entry)) {
            case Encoding.OWN_BLOCK, Encoding.INTSET_OWN_BLOCK ->
                Region.getByte(OwnBlock.address(payload));
            default -> Region.getByte(payload + Entry.payloadBytes(entry) - 1);
          };
    }
    return sum;
  }

  private void handOver(WalkSink sink) {
    for (int i = 0; i < count; i++) {
      Entry.putEpoch(gathered[i], epoch);
      int walked = database == contents.length ? stagedIndex() : indexOf(database, gathered[i]);
      sink.entry(walked, gathered[i]);
    }
  }

  /** Called before each change of an entry of any epoch. */
  void beforeChange(Contents changed, long entry) {
    if (Entry.epoch(entry) != epoch && changed.walkedAs != Contents.NO_WALK) {
      Entry.putEpoch(entry, epoch);
      gate.beforeChange(indexOf(changed.walkedAs, entry), entry);
    }
  }

  /** Finishes the walk, or aborts it if it is not done. */
  @Override
  public void close() {
    for (Contents walked : contents) {
      walked.walkedAs = Contents.NO_WALK;
    }
    isClosed = true;
    ended.accept(this);
  }
}
