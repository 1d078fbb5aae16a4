package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Byte strings and their sort keys: the strings themselves, a number each, or another byte string
 * each. All of it is in the region, so that millions fit. Reusable.
 */
public final class Sorter implements AutoCloseable {

  /** The sort key. */
  public enum By {
    /** The numbers, then the strings. */
    NUMBER,
    /** The strings themselves. */
    STRING,
    /** The weights; strings without a weight come first. */
    WEIGHT
  }

  private static final int FIRST_ROOM = 64;

  /** The length below which insertion sort is faster. */
  private static final int FEW = 12;

  /** The maximum number of strings that are sorted on the Java heap, a power of two. */
  private static final int MAX_TOGETHER = 1 << 10;

  private final Slabs slabs;
  private final ByteStrings strings;
  private final ByteStrings weights;

  // The number of each string, or its weight's index plus one; the indexes of the strings in order.
  private long numbers;
  private long order;
  private int capacity;

  private By by = By.STRING;
  private boolean collated;
  private int direction = 1;

  /** Creates a sorter without strings that takes no memory yet. */
  public Sorter(Slabs slabs) {
    this.slabs = slabs;
    strings = new ByteStrings(slabs);
    weights = new ByteStrings(slabs);
  }

  public int count() {
    return strings.count();
  }

  /** Adds a string without number and weight; returns the address to write its bytes to. */
  public long add(int length) {
    int count = strings.count();
    if (count == capacity) {
      grow();
    }
    Region.putLong(numbers + (long) count * Long.BYTES, 0);
    Region.putInt(order + (long) count * Integer.BYTES, count);
    return strings.add(length);
  }

  private void grow() {
    int larger = Math.max(FIRST_ROOM, Math.multiplyExact(capacity, 2));
    long newNumbers = slabs.allocateFar((long) larger * Long.BYTES);
    long newOrder = slabs.allocateFar((long) larger * Integer.BYTES);
    if (capacity > 0) {
      Region.copy(numbers, newNumbers, (long) capacity * Long.BYTES);
      Region.copy(order, newOrder, (long) capacity * Integer.BYTES);
      freeArrays();
    }
    numbers = newNumbers;
    order = newOrder;
    capacity = larger;
  }

  private void freeArrays() {
    slabs.free(numbers, (long) capacity * Long.BYTES);
    slabs.free(order, (long) capacity * Integer.BYTES);
  }

  /** Sets the number of a string; not NaN. */
  public void setNumber(int i, double number) {
    Region.putLong(numbers + (long) i * Long.BYTES, Double.doubleToRawLongBits(number));
  }

  /** Adds a weight to a string; returns the address to write its bytes to. */
  public long weight(int i, int length) {
    Region.putLong(numbers + (long) i * Long.BYTES, weights.count() + 1L);
    return weights.add(length);
  }

  public long address(int i) {
    return strings.address(i);
  }

  public int length(int i) {
    return strings.length(i);
  }

  /** Returns the index of the string at a place of the order. */
  public int at(int place) {
    return Region.getInt(order + (long) place * Integer.BYTES);
  }

  /**
   * Sorts as far as needed for a range of places. Destroys the numbers and weights.
   *
   * @param upToZero true to compare strings and weights as C does, up to their first zero byte
   * @param first the first place of the range
   * @param last the last place of the range
   * @param random chooses random pivots, so that no initial order is a worst case
   */
  public void sort(
      By what, boolean upToZero, boolean descending, int first, int last, RandomGenerator random) {
    by = what;
    collated =
        upToZero && what != By.NUMBER && (what == By.WEIGHT ? weights : strings).containZero();
    direction = descending ? -1 : 1;
    if (what == By.NUMBER) {
      for (int i = 0; i < count(); i++) {
        long at = numbers + (long) i * Long.BYTES;
        Region.putLong(at, sortable(Region.getLong(at)));
      }
      if (sortTogether()) {
        return;
      }
    }
    if (!isSorted()) {
      sort(0, count() - 1, first, last, random);
    }
  }

  /**
   * Sorts by number if there are only a few strings: a number and the index of its string share one
   * {@code long}, in which the lowest bits of the number give way. Changes nothing if there are
   * many, if the lowest bits matter, or if different strings have the same number.
   *
   * @return true if the strings are sorted
   */
  private boolean sortTogether() {
    int count = count();
    if (count > MAX_TOGETHER) {
      return false;
    }
    long[] together = new long[count];
    for (int i = 0; i < count; i++) {
      together[i] = ((key(i) * direction) & -MAX_TOGETHER) | i;
    }
    Arrays.sort(together);
    for (int place = 1; place < count; place++) {
      int before = index(together[place - 1]);
      int after = index(together[place]);
      int compared = direction * Long.compare(key(before), key(after));
      if (compared > 0 || (compared == 0 && !isSame(before, after))) {
        return false;
      }
    }
    for (int place = 0; place < count; place++) {
      Region.putInt(order + (long) place * Integer.BYTES, index(together[place]));
    }
    return true;
  }

  private static int index(long together) {
    return (int) together & (MAX_TOGETHER - 1);
  }

  private boolean isSame(int one, int other) {
    int length = strings.length(one);
    return strings.length(other) == length
        && Region.equal(strings.address(one), strings.address(other), length);
  }

  /** Returns an integer that sorts like the number of these bits; both zeros have the same. */
  private static long sortable(long bits) {
    long number = Double.doubleToRawLongBits(Double.longBitsToDouble(bits) + 0.0);
    return number ^ ((number >> 63) & Long.MAX_VALUE);
  }

  private boolean isSorted() {
    for (int place = 1; place < count(); place++) {
      if (compare(place - 1, at(place), key(place)) > 0) {
        return false;
      }
    }
    return true;
  }

  /** Sorts by three-way quicksort, skipping partitions outside the range that matters. */
  private void sort(int from, int to, int first, int last, RandomGenerator random) {
    int low = from;
    int high = to;
    while (high - low >= FEW) {
      int pivotPlace = low + random.nextInt(high - low + 1);
      int pivot = at(pivotPlace);
      long pivotKey = key(pivotPlace);
      int below = low;
      int above = high;
      for (int i = low; i <= above; ) {
        int compared = compare(i, pivot, pivotKey);
        if (compared < 0) {
          swap(below++, i++);
        } else if (compared > 0) {
          swap(i, above--);
        } else {
          i++;
        }
      }
      boolean lower = low < below && below > first;
      boolean upper = above < high && above < last;
      if (!lower && !upper) {
        return;
      }
      // The loop continues with the larger part, which bounds the recursion depth.
      if (lower && (!upper || below - low > high - above)) {
        if (upper) {
          sort(above + 1, high, first, last, random);
        }
        high = below - 1;
      } else {
        if (lower) {
          sort(low, below - 1, first, last, random);
        }
        low = above + 1;
      }
    }
    insertionSort(low, high);
  }

  private void insertionSort(int low, int high) {
    for (int i = low + 1; i <= high; i++) {
      int string = at(i);
      long key = key(i);
      int place = i;
      for (; place > low && compare(place - 1, string, key) > 0; place--) {
        put(place, at(place - 1), key(place - 1));
      }
      put(place, string, key);
    }
  }

  private void swap(int a, int b) {
    int string = at(a);
    long key = key(a);
    put(a, at(b), key(b));
    put(b, string, key);
  }

  // While sorting, numbers move with the order, so that keys compared lie next to each other.

  private long key(int place) {
    return Region.getLong(numbers + (long) place * Long.BYTES);
  }

  private void put(int place, int string, long key) {
    Region.putInt(order + (long) place * Integer.BYTES, string);
    Region.putLong(numbers + (long) place * Long.BYTES, key);
  }

  /** Compares the string at a place with a given string of the number or weight {@code key}. */
  private int compare(int place, int string, long key) {
    if (by == By.NUMBER) {
      long number = key(place);
      if (number != key) {
        return number < key ? -direction : direction;
      }
    }
    int other = at(place);
    if (other == string) {
      return 0;
    }
    return direction
        * switch (by) {
          case NUMBER ->
              Region.compare(
                  strings.address(other),
                  strings.length(other),
                  strings.address(string),
                  strings.length(string));
          case STRING ->
              compare(
                  strings.address(other),
                  strings.length(other),
                  strings.address(string),
                  strings.length(string));
          case WEIGHT -> compareWeights((int) key(place) - 1, (int) key - 1);
        };
  }

  private int compareWeights(int one, int other) {
    if (one < 0 || other < 0) {
      return Boolean.compare(one >= 0, other >= 0);
    }
    return compare(
        weights.address(one), weights.length(one), weights.address(other), weights.length(other));
  }

  private int compare(long a, int lengthA, long b, int lengthB) {
    return collated
        ? Region.compare(a, upToZero(a, lengthA), b, upToZero(b, lengthB))
        : Region.compare(a, lengthA, b, lengthB);
  }

  private static int upToZero(long address, int length) {
    int until = 0;
    while (until < length && Region.getByte(address + until) != 0) {
      until++;
    }
    return until;
  }

  /** Removes all strings and frees the memory; the sorter remains usable. */
  @Override
  public void close() {
    strings.close();
    weights.close();
    if (capacity > 0) {
      freeArrays();
      capacity = 0;
    }
  }
}
