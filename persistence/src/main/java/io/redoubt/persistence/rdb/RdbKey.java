package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/**
 * A key with what the format says of it beside its value. One object is reused for all keys of a
 * stream; the bytes are valid until the call that was given them returns.
 */
public final class RdbKey {

  /** Stands for "no expiry", "no idle time", "no frequency". */
  public static final int NONE = -1;

  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private int length;
  private long expireAtMillis = NONE;
  private long idleSeconds = NONE;
  private int frequency = NONE;

  /** Sets the place of the key's bytes and leaves the rest. */
  public RdbKey at(MemorySegment keyMemory, long keyOffset, int keyLength) {
    memory = keyMemory;
    offset = keyOffset;
    length = keyLength;
    return this;
  }

  /** Sets the expiry in milliseconds of Unix time, {@link #NONE} for none. */
  public RdbKey expireAtMillis(long millis) {
    expireAtMillis = millis;
    return this;
  }

  /** Sets the time since the last access in seconds, {@link #NONE} when it isn't told. */
  public RdbKey idleSeconds(long seconds) {
    idleSeconds = seconds;
    return this;
  }

  /** Sets the logarithmic access counter, 0 to 255, {@link #NONE} when it isn't told. */
  public RdbKey frequency(int counter) {
    frequency = counter;
    return this;
  }

  /** Forgets expiry, idle time and frequency. */
  public RdbKey plain() {
    expireAtMillis = NONE;
    idleSeconds = NONE;
    frequency = NONE;
    return this;
  }

  /** Whether nothing is told of it but its bytes. */
  boolean isPlain() {
    return expireAtMillis == NONE && idleSeconds == NONE && frequency == NONE;
  }

  /** The memory that {@link #offset()} is in. */
  public MemorySegment memory() {
    return memory;
  }

  /** Where the key's bytes begin. */
  public long offset() {
    return offset;
  }

  /** The number of the key's bytes. */
  public int length() {
    return length;
  }

  /** The expiry in milliseconds of Unix time, or {@link #NONE}. */
  public long expireAtMillis() {
    return expireAtMillis;
  }

  /** Seconds since the last access, or {@link #NONE}. */
  public long idleSeconds() {
    return idleSeconds;
  }

  /** The logarithmic access counter, or {@link #NONE}. */
  public int frequency() {
    return frequency;
  }
}
