package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import java.util.Arrays;

/**
 * A walk over everything that was in the keyspace when it started, in steps between commands. Every
 * entry of then is handed over exactly once and as it was then: by {@link #step}, or, when it is
 * about to change before the walk comes to it, to the {@link SnapshotGate}.
 *
 * <p>An entry's epoch tells whether that is done: it is the walk's own when the entry was handed
 * over or made since the start. As a walk that ends has given its epoch to all entries, and new
 * ones are born with it, a byte is enough as long as one walk in 255 comes to its end; {@link
 * Keyspace#startWalk} looks after the others.
 *
 * <p>Databases are walked in the order that they had at the start, along the scan order of their
 * tables. Contents that were flushed or swapped meanwhile are walked all the same, and freed
 * afterwards.
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

  /** What a bucket has for the walk, until it is handed over. */
  private long[] gathered = new long[64];

  private int database;
  private long cursor;
  private int count;

  Walk(Keyspace keyspace, SnapshotGate gate, int number) {
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
      sizes[i] = walked.entries.size();
      expires[i] = walked.expiries.size();
    }
  }

  /**
   * Its number, of 24 bits and not 0, for parts of large values that say which walk has them. The
   * number comes again, but not before parts that nothing has changed were walked millions of
   * times.
   */
  public int number() {
    return number;
  }

  /** How many entries a database had at the start. */
  public long size(int database) {
    return sizes[database];
  }

  /** How many of them had an expiry time. */
  public long expires(int database) {
    return expires[database];
  }

  /** Whether everything was handed over. */
  public boolean isDone() {
    return database == contents.length;
  }

  /**
   * Goes on for at least {@code entries} entries or a comparable number of empty places.
   *
   * @return whether there is more to walk
   */
  public boolean step(int entries, WalkSink to) {
    int work = 0;
    while (work < entries && !isDone()) {
      Contents walked = contents[database];
      if (sizes[database] == 0) {
        database++;
        continue;
      }
      count = 0;
      cursor = walked.entries.scan(cursor, gatherer);
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

  /** Reads where the values are, so that the waiting times overlap; returns a sum of that. */
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

  /** Called for each entry before a change of it, of whatever age. */
  void beforeChange(Contents changed, long entry) {
    if (Entry.epoch(entry) != keyspace.epoch() && changed.walkedAs != Contents.NO_WALK) {
      Entry.putEpoch(entry, keyspace.epoch());
      gate.beforeChange(changed.walkedAs, entry);
    }
  }

  /** Ends the walk, or aborts it when it is not done. */
  @Override
  public void close() {
    for (Contents walked : contents) {
      walked.walkedAs = Contents.NO_WALK;
    }
    keyspace.walkEnded(this);
  }
}
