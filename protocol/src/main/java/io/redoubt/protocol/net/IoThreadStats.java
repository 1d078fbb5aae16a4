package io.redoubt.protocol.net;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Counters of an I/O thread. Written by the thread, except the connections, read by the owner. */
public final class IoThreadStats {
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong writes = new AtomicLong();
  private final AtomicLong batches = new AtomicLong();
  private final AtomicLong busyNanos = new AtomicLong();
  private final Bell bell;
  private final LongSupplier nanoTime;

  /** The number of open connections, counted by the owner. */
  private int connections;

  /** The start of the busy time; 0 while the thread waits. Used by the thread. */
  private long wokeNanos;

  IoThreadStats(Bell bell, LongSupplier nanoTime) {
    this.bell = bell;
    this.nanoTime = nanoTime;
  }

  void addConnections(int difference) {
    connections += difference;
  }

  /** Returns the number of open connections; on the owner's loop. */
  public int connections() {
    return connections;
  }

  void countRead() {
    reads.lazySet(reads.getPlain() + 1);
  }

  void countWrite() {
    writes.lazySet(writes.getPlain() + 1);
  }

  void countBatch() {
    batches.lazySet(batches.getPlain() + 1);
  }

  /** Ends the busy time before a wait. */
  void sleep() {
    if (wokeNanos != 0) {
      busyNanos.lazySet(busyNanos.getPlain() + nanoTime.getAsLong() - wokeNanos);
      wokeNanos = 0;
    }
  }

  /** Starts the busy time after a wait. */
  void wake() {
    if (wokeNanos == 0) {
      wokeNanos = nanoTime.getAsLong();
    }
  }

  /** Returns the number of reads that found bytes. */
  public long reads() {
    return reads.get();
  }

  public long writes() {
    return writes.get();
  }

  /** Returns the number of batches passed to the owner. */
  public long batches() {
    return batches.get();
  }

  /** Returns the time in which the thread did not wait. */
  public long busyNanos() {
    return busyNanos.get();
  }

  /** Returns how often the owner has woken the thread. */
  public long wakeUps() {
    return bell.wakeUps();
  }
}
