package io.redoubt.server.cluster.slot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A mutable set of hash slots. Not thread-safe. */
public final class SlotSet {
  /** The number of hash slots. */
  public static final int SLOTS = 16_384;

  /** The length of an encoded set: one bit per slot, slot 0 in the lowest bit of the first byte. */
  public static final int BYTES = SLOTS / 8;

  /** Receives the ranges of a set. */
  public interface RangeConsumer {
    /** Receives a range; both bounds are included. */
    void accept(int first, int last);
  }

  private final long[] words;

  public SlotSet() {
    this(new long[SLOTS / Long.SIZE]);
  }

  private SlotSet(long[] words) {
    this.words = words;
  }

  public static SlotSet of(int... slots) {
    SlotSet set = new SlotSet();
    for (int slot : slots) {
      set.add(slot);
    }
    return set;
  }

  /** Returns the set of the slots from {@code first} to {@code last}, both included. */
  public static SlotSet range(int first, int last) {
    SlotSet set = new SlotSet();
    for (int slot = first; slot <= last; slot++) {
      set.add(slot);
    }
    return set;
  }

  /** Reads an encoded set; advances the buffer by {@link #BYTES}. */
  public static SlotSet read(ByteBuffer buffer) {
    long[] words = new long[SLOTS / Long.SIZE];
    buffer.slice(buffer.position(), BYTES).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(words);
    buffer.position(buffer.position() + BYTES);
    return new SlotSet(words);
  }

  /** Writes the encoded set; advances the buffer by {@link #BYTES}. */
  public void write(ByteBuffer buffer) {
    buffer.slice(buffer.position(), BYTES).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().put(words);
    buffer.position(buffer.position() + BYTES);
  }

  public static boolean isSlot(long number) {
    return number >= 0 && number < SLOTS;
  }

  public boolean contains(int slot) {
    return (words[slot >>> 6] & 1L << slot) != 0;
  }

  /** Adds a slot; returns false if it was in the set. */
  public boolean add(int slot) {
    boolean added = !contains(slot);
    words[slot >>> 6] |= 1L << slot;
    return added;
  }

  /** Removes a slot; returns false if it was not in the set. */
  public boolean remove(int slot) {
    boolean removed = contains(slot);
    words[slot >>> 6] &= ~(1L << slot);
    return removed;
  }

  public void addAll(SlotSet other) {
    for (int i = 0; i < words.length; i++) {
      words[i] |= other.words[i];
    }
  }

  /** Removes the slots of another set. */
  public void removeAll(SlotSet other) {
    for (int i = 0; i < words.length; i++) {
      words[i] &= ~other.words[i];
    }
  }

  /** Returns true if both sets have a slot in common. */
  public boolean intersects(SlotSet other) {
    for (int i = 0; i < words.length; i++) {
      if ((words[i] & other.words[i]) != 0) {
        return true;
      }
    }
    return false;
  }

  /** Returns true if each slot of another set is in this one. */
  public boolean containsAll(SlotSet other) {
    for (int i = 0; i < words.length; i++) {
      if ((other.words[i] & ~words[i]) != 0) {
        return false;
      }
    }
    return true;
  }

  public int count() {
    int count = 0;
    for (long word : words) {
      count += Long.bitCount(word);
    }
    return count;
  }

  public boolean isEmpty() {
    for (long word : words) {
      if (word != 0) {
        return false;
      }
    }
    return true;
  }

  public SlotSet copy() {
    return new SlotSet(words.clone());
  }

  /** Calls the action for each slot in ascending order. */
  public void forEach(IntConsumer action) {
    for (int i = 0; i < words.length; i++) {
      long word = words[i];
      while (word != 0) {
        action.accept(i << 6 | Long.numberOfTrailingZeros(word));
        word &= word - 1;
      }
    }
  }

  /** Calls the action for each maximal range of adjacent slots in ascending order. */
  public void forEachRange(RangeConsumer action) {
    int slot = next(0, true);
    while (slot < SLOTS) {
      int end = next(slot, false);
      action.accept(slot, end - 1);
      slot = next(end, true);
    }
  }

  /**
   * Returns the first slot from {@code from} whose presence is as given; {@link #SLOTS} if none.
   */
  private int next(int from, boolean present) {
    for (int slot = from; slot < SLOTS; ) {
      long word = (present ? words[slot >>> 6] : ~words[slot >>> 6]) & -1L << slot;
      if (word != 0) {
        return (slot & -Long.SIZE) | Long.numberOfTrailingZeros(word);
      }
      slot = (slot & -Long.SIZE) + Long.SIZE;
    }
    return SLOTS;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof SlotSet that && Arrays.equals(words, that.words));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }

  /** Returns the ranges, such as {@code 0-5460 7000}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    forEachRange((first, last) -> {
      if (!text.isEmpty()) {
        text.append(' ');
      }
      text.append(first);
      if (last > first) {
        text.append('-').append(last);
      }
    });
    return text.toString();
  }
}
