package io.redoubt.server.keyspace;

import java.util.random.RandomGenerator;

/**
 * The interpretation of an entry's 24-bit access clock: seconds of the last access (LRU) or of the
 * last modification (LRM, as in Redis 8.6), or minutes of the last decay in the upper 16 bits and a
 * logarithmic access counter in the lower 8 (LFU). The eviction policy selects it; when the policy
 * changes, existing clocks are reinterpreted, as in Redis.
 */
public final class AccessClock {

  private static final int SECONDS_BITS = 0xff_ffff;
  private static final int MINUTES_BITS = 0xffff;
  private static final int MINUTES_SHIFT = 8;
  private static final int MAX_COUNTER = 255;

  /** The initial counter, high enough that a new key is not the first to be evicted. */
  private static final int FIRST_COUNTER = 5;

  private final RandomGenerator random;
  private boolean lfu;
  private boolean lrm;
  private int logFactor = 10;
  private int decayMinutes = 1;

  AccessClock(RandomGenerator random) {
    this.random = random;
  }

  /** Selects LRU: clocks hold the time of the last access. */
  public void selectLru() {
    lfu = false;
    lrm = false;
  }

  /** Selects LRM: clocks hold the time of the last modification. */
  public void selectLrm() {
    lfu = false;
    lrm = true;
  }

  /**
   * Selects LFU: clocks hold an access counter.
   *
   * @param logFactor the higher, the slower the counter rises
   * @param decayMinutes the minutes after which the counter falls by one; 0: never
   */
  public void selectLfu(int logFactor, int decayMinutes) {
    lfu = true;
    lrm = false;
    this.logFactor = logFactor;
    this.decayMinutes = decayMinutes;
  }

  /** Returns true if accesses are counted (LFU). */
  public boolean isLfu() {
    return lfu;
  }

  /** Returns the clock of a new entry. */
  int fresh(long nowMillis) {
    return lfu ? minutes(nowMillis) << MINUTES_SHIFT | FIRST_COUNTER : seconds(nowMillis);
  }

  /** Records an access of an entry. */
  void touch(long entry, long nowMillis) {
    if (!lrm) {
      move(entry, nowMillis);
    }
  }

  /** Records a modification of an entry in place. */
  void onModified(long entry, long nowMillis) {
    if (lrm) {
      move(entry, nowMillis);
    }
  }

  private void move(long entry, long nowMillis) {
    int clock = Entry.accessClock(entry);
    int touched = lfu ? counted(clock, nowMillis) : seconds(nowMillis);
    if (touched != clock) {
      Entry.putAccessClock(entry, touched);
    }
  }

  private int counted(int clock, long nowMillis) {
    int counter = decayed(clock, nowMillis);
    if (counter < MAX_COUNTER) {
      int above = Math.max(0, counter - FIRST_COUNTER);
      if (above == 0 || random.nextDouble() < 1.0 / ((double) above * logFactor + 1)) {
        counter++;
      }
    }
    return minutes(nowMillis) << MINUTES_SHIFT | counter;
  }

  /**
   * Returns the seconds since the last access of an entry, under LRM since its last modification;
   * meaningless under LFU.
   */
  public int idleSeconds(long entry, long nowMillis) {
    return seconds(nowMillis) - Entry.accessClock(entry) & SECONDS_BITS;
  }

  /** Sets the last access of an entry to the given number of seconds ago. */
  public void idleSeconds(long entry, long seconds, long nowMillis) {
    Entry.putAccessClock(entry, (int) (nowMillis / 1000 - seconds) & SECONDS_BITS);
  }

  /** Returns the access counter of an entry, decayed up to now; meaningless under LRU. */
  public int frequency(long entry, long nowMillis) {
    return decayed(Entry.accessClock(entry), nowMillis);
  }

  /** Sets the access counter of an entry, 0 to 255. */
  public void frequency(long entry, int counter, long nowMillis) {
    Entry.putAccessClock(entry, minutes(nowMillis) << MINUTES_SHIFT | counter);
  }

  private int decayed(int clock, long nowMillis) {
    int counter = clock & MAX_COUNTER;
    if (decayMinutes == 0) {
      return counter;
    }
    int elapsed = minutes(nowMillis) - (clock >>> MINUTES_SHIFT) & MINUTES_BITS;
    return Math.max(0, counter - elapsed / decayMinutes);
  }

  private static int seconds(long nowMillis) {
    return (int) (nowMillis / 1000) & SECONDS_BITS;
  }

  private static int minutes(long nowMillis) {
    return (int) (nowMillis / 60_000) & MINUTES_BITS;
  }
}
