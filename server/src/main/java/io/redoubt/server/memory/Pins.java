package io.redoubt.server.memory;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The blocks that output refers to, by address, with the number of references. Usually there are
 * none or a few; the objects are reused.
 */
final class Pins {
  private static final int MIN_BUCKETS = 64;

  /** The objects kept for reuse. */
  private static final int MAX_IDLE = 256;

  private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

  private @Nullable Pin[] buckets = new @Nullable Pin[MIN_BUCKETS];
  private int size;
  private @Nullable Pin idle;
  private int idleCount;

  private static final class Pin {
    long address;
    int count;

    /** The size of the block if it was freed, otherwise 0. */
    long freedBytes;

    @Nullable Pin next;
  }

  private static int bucket(long address, int count) {
    return (int) ((address * SPREAD) >>> 32) & (count - 1);
  }

  private @Nullable Pin find(long address) {
    Pin pin = buckets[bucket(address, buckets.length)];
    while (pin != null && pin.address != address) {
      pin = pin.next;
    }
    return pin;
  }

  boolean contains(long address) {
    return size > 0 && find(address) != null;
  }

  /** Adds a reference to a block. */
  void add(long address) {
    Pin pin = find(address);
    if (pin == null) {
      if (size == buckets.length) {
        grow();
      }
      pin = take();
      pin.address = address;
      insert(pin);
      size++;
    }
    pin.count++;
  }

  private void insert(Pin pin) {
    int at = bucket(pin.address, buckets.length);
    pin.next = buckets[at];
    buckets[at] = pin;
  }

  private void grow() {
    @Nullable Pin[] before = buckets;
    buckets = new @Nullable Pin[before.length * 2];
    for (Pin first : before) {
      Pin pin = first;
      while (pin != null) {
        Pin next = pin.next;
        insert(pin);
        pin = next;
      }
    }
  }

  private Pin take() {
    Pin taken = idle;
    if (taken == null) {
      return new Pin();
    }
    idle = taken.next;
    idleCount--;
    return taken;
  }

  /** Notes that a block is freed. Returns false if it is not referred to. */
  boolean keeps(long address, long sizeBytes) {
    Pin pin = size == 0 ? null : find(address);
    if (pin == null) {
      return false;
    }
    if (pin.freedBytes != 0) {
      throw new IllegalStateException("freed twice: " + address);
    }
    pin.freedBytes = sizeBytes;
    return true;
  }

  /**
   * Ends a reference.
   *
   * @return the size of the block if it was freed and this was the last reference, otherwise 0
   */
  long remove(long address) {
    Pin pin = Objects.requireNonNull(find(address));
    pin.count--;
    if (pin.count > 0) {
      return 0;
    }
    unlink(pin);
    long freedBytes = pin.freedBytes;
    pin.freedBytes = 0;
    pin.next = null;
    if (idleCount < MAX_IDLE) {
      pin.next = idle;
      idle = pin;
      idleCount++;
    }
    return freedBytes;
  }

  private void unlink(Pin pin) {
    int at = bucket(pin.address, buckets.length);
    Pin before = buckets[at];
    if (before == pin) {
      buckets[at] = pin.next;
    } else {
      while (before != null && before.next != pin) {
        before = before.next;
      }
      Objects.requireNonNull(before).next = pin.next;
    }
    size--;
    if (size == 0 && buckets.length > MIN_BUCKETS) {
      buckets = new @Nullable Pin[MIN_BUCKETS];
    }
  }
}
