package io.redoubt.server.script;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/** Bytes that a primitive writes outside the Java heap before they become a Lua string. */
final class ScriptOutput implements AutoCloseable {

  private static final long FIRST_BYTES = 1 << 10;

  /** A larger block is freed after its use. */
  private static final long MAX_KEPT_BYTES = 1 << 16;

  private final Slabs slabs;
  private final ScriptBudget budget;
  private long block;
  private long roomBytes;
  private long at;
  private long end;

  ScriptOutput(Slabs slabs, ScriptBudget budget) {
    this.slabs = slabs;
    this.budget = budget;
  }

  /** Forgets what was written, and frees a large block. */
  void clear() {
    if (roomBytes > MAX_KEPT_BYTES) {
      close();
    }
    at = block;
  }

  /** Appends a byte. */
  void put(int b) {
    if (at == end) {
      grow(1);
    }
    Region.putByte(at++, b);
  }

  /** Appends the lowest bytes of a number, the highest of them first. */
  void putBigEndian(long value, int bytes) {
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
      put((int) (value >>> shift));
    }
  }

  /** Appends ASCII text. */
  void put(String text) {
    for (int i = 0; i < text.length(); i++) {
      put(text.charAt(i));
    }
  }

  /** Appends bytes of the region. */
  void put(long address, long length) {
    Region.copy(address, reserve(length), length);
    at += length;
  }

  /** Makes room for bytes to be written at the returned address; {@link #wrote} appends them. */
  long reserve(long bytes) {
    if (bytes > end - at) {
      grow(bytes);
    }
    return at;
  }

  /** Appends bytes that were written at the address returned by {@link #reserve}. */
  void wrote(long bytes) {
    at += bytes;
  }

  /** Pushes the bytes as a string. */
  void push() {
    long start = block;
    budget.pushString(start, at - start);
  }

  private void grow(long bytes) {
    long length = at - block;
    long wantedBytes = Math.max(FIRST_BYTES, Math.max(2 * roomBytes, length + bytes));
    if (wantedBytes > Integer.MAX_VALUE) {
      throw new ScriptBudget.Refused("not enough memory");
    }
    budget.memory(wantedBytes);
    budget.work(length);
    long larger = slabs.allocateFar(wantedBytes);
    if (roomBytes > 0) {
      Region.copy(block, larger, length);
      slabs.free(block, roomBytes);
    }
    block = larger;
    roomBytes = wantedBytes;
    at = block + length;
    end = block + wantedBytes;
  }

  /** Frees the memory. */
  @Override
  public void close() {
    if (roomBytes > 0) {
      slabs.free(block, roomBytes);
      block = 0;
      at = 0;
      end = 0;
      roomBytes = 0;
    }
  }
}
