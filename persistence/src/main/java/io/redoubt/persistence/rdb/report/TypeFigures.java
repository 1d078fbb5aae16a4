package io.redoubt.persistence.rdb.report;

/** The sums and distributions over the keys of a type. */
public final class TypeFigures {

  private final KeyTotals totals = new KeyTotals();
  private final SizeHistogram elements = new SizeHistogram();
  private final SizeHistogram elementBytes = new SizeHistogram();
  private final SizeHistogram valueBytes = new SizeHistogram();

  TypeFigures() {}

  void add(KeyFigures key, long nowMillis) {
    totals.add(key, nowMillis);
    elements.add(key.elements());
    valueBytes.add(key.valueBytes());
  }

  /** Adds an element of a key that is being read. */
  void addElement(long bytes) {
    elementBytes.add(bytes);
  }

  public KeyTotals totals() {
    return totals;
  }

  /** Returns the numbers of elements of the keys. */
  public SizeHistogram elements() {
    return elements;
  }

  /** Returns the lengths of the elements; of streams there are none. */
  public SizeHistogram elementBytes() {
    return elementBytes;
  }

  /** Returns the lengths of the values, neither compressed nor packed. */
  public SizeHistogram valueBytes() {
    return valueBytes;
  }
}
