package io.redoubt.server.keyspace;

import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import java.util.Arrays;
import java.util.function.Consumer;

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

  static final int MAX_NUMBER = 0xff_ffff;

  private final Contents[] contents;
  private final Unstaged unstaged;
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

  private int database;
  private long cursor;
  private int count;
  private boolean isClosed;

  /**
   * Starts a walk.
   *
   * @param contents the contents of all databases, the staged ones behind the others
   * @param unstaged the slots that were staged and are not any more, none so far
   * @param dropped the slots whose entries are not freed yet
   * @param gate receives entries that are about to change
   * @param number a number other than 0 that no recent walk had
   * @param epoch the epoch that marks entries as delivered
   * @param ended is notified when it is closed
   */
  Walk(
      Contents[] contents,
      Unstaged unstaged,
      DroppedSlots dropped,
      SnapshotGate gate,
      int number,
      int epoch,
      Consumer<Walk> ended) {
    this.contents = contents;
    this.unstaged = unstaged;
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

  /**
   * Returns the number of entries that a database had at the start.
   *
   * @param position see {@link Keyspace#positionOf}
   */
  public long size(int position) {
    return sizes[position];
  }

  /** Returns the number of entries with an expiry time that a database had at the start. */
  public long expires(int position) {
    return expires[position];
  }

  /** Returns true until it is closed. */
  boolean isRunning() {
    return !isClosed;
  }

  /** Returns true if everything has been delivered. */
  public boolean isDone() {
    return database == contents.length && unstaged.isEmpty() && !dropped.isWalked();
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
        if (!unstaged.isEmpty()) {
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
    count = 0;
    unstaged.scan(gatherer);
    handOver(to);
    unstaged.onDelivered();
    return count;
  }

  /** Records that the entries of a staged slot have moved to their database. */
  void onUnstaged(int index, int slot) {
    unstaged.add(index, slot);
  }

  /** Returns the position of the database in which an entry was at the start. */
  private int positionOf(int walked, long entry) {
    if (unstaged.isEmpty()) {
      return walked;
    }
    int slot = KeySlot.of(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
    return unstaged.contains(walked, slot) ? unstaged.stagedPosition(walked) : walked;
  }

  private int indexAt(int position) {
    return DatabaseIndex.at(position, unstaged.databases());
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
      int walked =
          database == contents.length
              ? unstaged.walkedPosition()
              : positionOf(database, gathered[i]);
      sink.entry(indexAt(walked), gathered[i]);
    }
  }

  /** Called before each change of an entry of any epoch. */
  void beforeChange(Contents changed, long entry) {
    if (Entry.epoch(entry) != epoch && changed.walkedAs != Contents.NO_WALK) {
      Entry.putEpoch(entry, epoch);
      gate.beforeChange(indexAt(positionOf(changed.walkedAs, entry)), entry);
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
