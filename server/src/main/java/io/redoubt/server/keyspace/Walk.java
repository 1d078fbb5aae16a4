package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import java.util.Arrays;

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
 * are dropped meanwhile are freed at the end, and their entries delivered to the gate.
 */
public final class Walk implements AutoCloseable {

  static final int MAX_NUMBER = 0xff_ffff;

  private final Keyspace keyspace;
  private final SnapshotGate gate;
  private final int number;
  private final Contents[] contents;
  private final long[] sizes;
  private final long[] expires;
  private final BlockConsumer gatherer = this::gather;

  /** The entries of the current bucket, until they are delivered. */
  private long[] gathered = new long[64];

  private int database;
  private long cursor;
  private int count;

  public Walk(Keyspace keyspace, SnapshotGate gate, int number) {
    this.keyspace = keyspace;
    this.gate = gate;
    this.number = number;
    int count = keyspace.count();
    contents = new Contents[count];
    sizes = new long[count];
    expires = new long[count];
    for (int i = 0; i < count; i++) {
      Contents walked = keyspace.database(i).contents();
      walked.walkedAs = i;
      contents[i] = walked;
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

  /** Returns true if everything has been delivered. */
  public boolean isDone() {
    return database == contents.length && !keyspace.garbage().isDroppedWalked();
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
        keyspace.garbage().freeDropped(); // passes what is left of them to the gate
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
      walked.entries.seen(readAhead());
      handOver(to);
      work += Math.max(1, count);
      if (cursor == 0) {
        database++;
      }
    }
    return !isDone();
  }

  private void gather(long entry) {
    if (Entry.epoch(entry) != keyspace.epoch()) {
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
      Entry.putEpoch(gathered[i], keyspace.epoch());
      sink.entry(database, gathered[i]);
    }
  }

  /** Called before each change of an entry, whatever its epoch. */
  void beforeChange(Contents changed, long entry) {
    if (Entry.epoch(entry) != keyspace.epoch() && changed.walkedAs != Contents.NO_WALK) {
      Entry.putEpoch(entry, keyspace.epoch());
      gate.beforeChange(changed.walkedAs, entry);
    }
  }

  /** Finishes the walk, or aborts it if it is not done. */
  @Override
  public void close() {
    for (Contents walked : contents) {
      walked.walkedAs = Contents.NO_WALK;
    }
    keyspace.walkEnded(this);
  }
}
