package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/**
 * A key with its attributes in the format. Reusable for all keys of a stream; the bytes are valid
 * until the called method returns.
 */
public final class RdbKey {

  /** Stands for no expiry, no idle time or no frequency. */
  public static final int NONE = -1;

  private MemorySegment memory = MemorySegment.NULL;
  private long offset;
  private int length;
  private long expireAtMillis = NONE;
  private long idleSeconds = NONE;
  private int frequency = NONE;

  /** Sets the reference to the key's bytes only. */
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

  /** Sets the time since the last access in seconds, {@link #NONE} if unknown. */
  public RdbKey idleSeconds(long seconds) {
    idleSeconds = seconds;
    return this;
  }

  /** Sets the logarithmic access counter, 0 to 255, {@link #NONE} if unknown. */
  public RdbKey frequency(int counter) {
    frequency = counter;
    return this;
  }

  /** Clears expiry, idle time and frequency. */
  public RdbKey plain() {
    expireAtMillis = NONE;
    idleSeconds = NONE;
    frequency = NONE;
    return this;
  }

  /** Returns true if the key has no attributes. */
  boolean isPlain() {
    return expireAtMillis == NONE && idleSeconds == NONE && frequency == NONE;
  }

  /** Returns the memory of the key's bytes. */
  public MemorySegment memory() {
    return memory;
  }

  /** Returns the offset of the key's first byte. */
  public long offset() {
    return offset;
  }

  public int length() {
    return length;
  }

  /** Returns the expiry in milliseconds of Unix time, or {@link #NONE}. */
  public long expireAtMillis() {
    return expireAtMillis;
  }

  /** Returns the seconds since the last access, or {@link #NONE}. */
  public long idleSeconds() {
    return idleSeconds;
  }

  /** Returns the logarithmic access counter, or {@link #NONE}. */
  public int frequency() {
    return frequency;
  }
}
