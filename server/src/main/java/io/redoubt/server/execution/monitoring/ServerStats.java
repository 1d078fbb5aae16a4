package io.redoubt.server.execution.monitoring;

import java.util.Map;
import java.util.TreeMap;

/** Counters of the server for INFO stats and errorstats. Confined to the command thread. */
public final class ServerStats {
  private static final int MAX_ERROR_CODES = 128;

  private long commands;
  private long hits;
  private long misses;
  private long expiredKeys;
  private long evictedKeys;
  private long expiringNanos;
  private long expiringUnfinished;
  private long shortSinceNanos;
  private boolean isShort;
  private long shortNanos;
  private long errorReplies;
  private long unexpectedErrors;
  private long commandNanos;
  private long cronNanos;
  private long checkedPayloads;
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

  public void countExpired() {
    expiredKeys++;
  }

  public void countEvicted() {
    evictedKeys++;
  }

  /** Counts the time spent on active expiry. */
  public void countExpiring(long nanos) {
    expiringNanos += nanos;
  }

  /** Counts a slice that was too short to remove all expired keys. */
  public void countExpiringUnfinished() {
    expiringUnfinished++;
  }

  /** Counts the time spent on commands sent by clients, including nested ones. */
  public void countCommandNanos(long nanos) {
    commandNanos += nanos;
  }

  /** Counts the time of a tick of the periodic tasks. */
  public void countCron(long nanos) {
    cronNanos += nanos;
  }

  /** Counts a serialized collection validated by RESTORE. */
  public void countCheckedPayload() {
    checkedPayloads++;
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
    errorReplies++;
    if (errors.size() < MAX_ERROR_CODES || errors.containsKey(code)) {
      errors.computeIfAbsent(code, c -> new long[1])[0]++;
    }
  }

  public void countUnexpectedError() {
    unexpectedErrors++;
  }

  /** Resets the counters for CONFIG RESETSTAT. */
  public void reset() {
    commands = 0;
    hits = 0;
    misses = 0;
    expiredKeys = 0;
    evictedKeys = 0;
    expiringNanos = 0;
    expiringUnfinished = 0;
    isShort = false;
    shortNanos = 0;
    errorReplies = 0;
    unexpectedErrors = 0;
    errors.clear();
    commandNanos = 0;
    cronNanos = 0;
    checkedPayloads = 0;
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

  public long expiredKeys() {
    return expiredKeys;
  }

  public long evictedKeys() {
    return evictedKeys;
  }

  /** Returns the time spent on active expiry. */
  public long expiringMillis() {
    return expiringNanos / 1_000_000;
  }

  /** Returns the number of slices too short to remove all expired keys. */
  public long expiringUnfinished() {
    return expiringUnfinished;
  }

  /** Returns the total time with more memory in use than {@code maxmemory}. */
  public long shortMillis(long nowNanos) {
    return shortNanos / 1_000_000 + currentlyShortMillis(nowNanos);
  }

  /** Returns the time since the memory in use exceeds {@code maxmemory}, 0 if it does not. */
  public long currentlyShortMillis(long nowNanos) {
    return isShort ? (nowNanos - shortSinceNanos) / 1_000_000 : 0;
  }

  public long errorReplies() {
    return errorReplies;
  }

  /** Returns the number of internal faults answered with an error. */
  public long unexpectedErrors() {
    return unexpectedErrors;
  }

  /** Returns the error replies by code; each value has one element. */
  public Map<String, long[]> errors() {
    return errors;
  }

  /** Returns the time spent on commands of clients. */
  public long commandNanos() {
    return commandNanos;
  }

  /** Returns the time spent on periodic tasks. */
  public long cronNanos() {
    return cronNanos;
  }

  /** Returns the number of serialized collections that RESTORE has validated. */
  public long checkedPayloads() {
    return checkedPayloads;
  }
}
