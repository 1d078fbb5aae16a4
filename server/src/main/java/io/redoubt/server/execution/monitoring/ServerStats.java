package io.redoubt.server.execution.monitoring;

import io.redoubt.protocol.info.Counter;
import java.util.Map;
import java.util.TreeMap;

/** Counters of the server for INFO stats and errorstats. Confined to the command thread. */
public final class ServerStats {
  private static final int MAX_ERROR_CODES = 128;

  public final Counter expiredKeys = new Counter();
  public final Counter evictedKeys = new Counter();

  /** The time spent on active expiry. */
  public final Counter expiringNanos = new Counter();

  /** The slices of active expiry that were too short to remove all expired keys. */
  public final Counter expiringUnfinished = new Counter();

  public final Counter errorReplies = new Counter();

  /** The internal faults answered with an error. */
  public final Counter unexpectedErrors = new Counter();

  /** The time spent on periodic tasks. */
  public final Counter cronNanos = new Counter();

  /** The serialized collections that RESTORE has validated. */
  public final Counter checkedPayloads = new Counter();

  private long commands;
  private long hits;
  private long misses;
  private long shortSinceNanos;
  private boolean isShort;
  private long shortNanos;
  private long commandNanos;
  private final Map<String, long[]> errors = new TreeMap<>();

  public void countCommand() {
    commands++;
  }

  public void countHit() {
    hits++;
  }

  public void countMiss() {
    misses++;
  }

  /** Counts the time spent on commands sent by clients, including nested ones. */
  public void countCommandNanos(long nanos) {
    commandNanos += nanos;
  }

  /** Records when the memory in use started to exceed {@code maxmemory}. */
  public void onRoomShort(long nowNanos) {
    if (!isShort) {
      isShort = true;
      shortSinceNanos = nowNanos;
    }
  }

  /** Records that the memory in use is within {@code maxmemory} again. */
  public void onRoomMade(long nowNanos) {
    if (isShort) {
      isShort = false;
      shortNanos += nowNanos - shortSinceNanos;
    }
  }

  /** Counts an error reply by its code; the number of codes is limited against hostile clients. */
  public void countError(String code) {
    errorReplies.increment();
    if (errors.size() < MAX_ERROR_CODES || errors.containsKey(code)) {
      errors.computeIfAbsent(code, c -> new long[1])[0]++;
    }
  }

  /** Resets the counters for CONFIG RESETSTAT. */
  public void reset() {
    commands = 0;
    hits = 0;
    misses = 0;
    expiredKeys.reset();
    evictedKeys.reset();
    expiringNanos.reset();
    expiringUnfinished.reset();
    isShort = false;
    shortNanos = 0;
    errorReplies.reset();
    unexpectedErrors.reset();
    errors.clear();
    commandNanos = 0;
    cronNanos.reset();
    checkedPayloads.reset();
  }

  public long commands() {
    return commands;
  }

  /** Returns the number of lookups by reads that found their key. */
  public long hits() {
    return hits;
  }

  /** Returns the number of lookups by reads that did not find their key. */
  public long misses() {
    return misses;
  }

  /** Returns the total time with more memory in use than {@code maxmemory}. */
  public long shortMillis(long nowNanos) {
    return shortNanos / 1_000_000 + currentlyShortMillis(nowNanos);
  }

  /** Returns the time since the memory in use exceeds {@code maxmemory}, 0 if it does not. */
  public long currentlyShortMillis(long nowNanos) {
    return isShort ? (nowNanos - shortSinceNanos) / 1_000_000 : 0;
  }

  /** Returns the error replies by code; each value has one element. */
  public Map<String, long[]> errors() {
    return errors;
  }

  /** Returns the time spent on commands of clients. */
  public long commandNanos() {
    return commandNanos;
  }
}
