package io.redoubt.server.execution;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Counters of the whole server, as INFO stats and errorstats show them. Command thread only. */
public final class ServerStats {
  private static final int RATE_SAMPLES = 16;
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
  private final Map<String, long[]> errors = new TreeMap<>();

  private final long[] rates = new long[RATE_SAMPLES];
  private int nextRate;
  private long sampledCommands;
  private long sampledNanos;

  void countCommand() {
    commands++;
  }

  void countHit() {
    hits++;
  }

  void countMiss() {
    misses++;
  }

  void countExpired() {
    expiredKeys++;
  }

  void countEvicted() {
    evictedKeys++;
  }

  /** Counts time spent on removing keys that are due. */
  public void countExpiring(long nanos) {
    expiringNanos += nanos;
  }

  /** Counts a slice of time that was too short for all the keys that were due. */
  public void countExpiringUnfinished() {
    expiringUnfinished++;
  }

  /** More memory is in use than {@code maxmemory} allows, since then if it was not before. */
  void roomIsShort(long nowNanos) {
    if (!isShort) {
      isShort = true;
      shortSinceNanos = nowNanos;
    }
  }

  /** No more memory is in use than {@code maxmemory} allows. */
  public void roomIsMade(long nowNanos) {
    if (isShort) {
      isShort = false;
      shortNanos += nowNanos - shortSinceNanos;
    }
  }

  /** Counts an error reply by its code; a hostile client cannot make up more than so many codes. */
  void countError(String code) {
    errorReplies++;
    if (errors.size() < MAX_ERROR_CODES || errors.containsKey(code)) {
      errors.computeIfAbsent(code, c -> new long[1])[0]++;
    }
  }

  void countUnexpectedError() {
    unexpectedErrors++;
  }

  /** Takes a sample of the command rate; called ten times a second. */
  public void sample(long nowNanos) {
    long nanos = nowNanos - sampledNanos;
    if (sampledNanos != 0 && nanos > 0) {
      rates[nextRate] = (long) ((commands - sampledCommands) * 1e9 / nanos);
      nextRate = (nextRate + 1) % RATE_SAMPLES;
    }
    sampledNanos = nowNanos;
    sampledCommands = commands;
  }

  /** CONFIG RESETSTAT. */
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
    Arrays.fill(rates, 0);
    sampledCommands = 0;
    sampledNanos = 0;
  }

  /** Commands run. */
  public long commands() {
    return commands;
  }

  /** Commands a second, over the last samples. */
  public long commandsPerSecond() {
    long sum = 0;
    for (long rate : rates) {
      sum += rate;
    }
    return sum / RATE_SAMPLES;
  }

  /** Look-ups for reading that found their key. */
  public long hits() {
    return hits;
  }

  /** Look-ups for reading that did not. */
  public long misses() {
    return misses;
  }

  /** Keys removed because their time had come. */
  public long expiredKeys() {
    return expiredKeys;
  }

  /** Keys removed to make room. */
  public long evictedKeys() {
    return evictedKeys;
  }

  /** Time spent on removing keys that were due. */
  public long expiringMillis() {
    return expiringNanos / 1_000_000;
  }

  /** How often there was not enough time for all keys that were due. */
  public long expiringUnfinished() {
    return expiringUnfinished;
  }

  /** For how long more memory was in use than {@code maxmemory} allows. */
  public long shortMillis(long nowNanos) {
    return shortNanos / 1_000_000 + currentlyShortMillis(nowNanos);
  }

  /** For how long more memory has been in use by now than {@code maxmemory} allows. */
  public long currentlyShortMillis(long nowNanos) {
    return isShort ? (nowNanos - shortSinceNanos) / 1_000_000 : 0;
  }

  /** Error replies sent. */
  public long errorReplies() {
    return errorReplies;
  }

  /** Faults of the program that were answered with an error. */
  public long unexpectedErrors() {
    return unexpectedErrors;
  }

  /** Error replies by code; the value has one element. */
  public Map<String, long[]> errors() {
    return errors;
  }
}
