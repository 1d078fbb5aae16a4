package io.redoubt.protocol.config.directive;

/** A 32-bit integer. */
public final class IntDirective extends OneWordDirective<Integer, IntDirective> {
  private int min;
  private int max = Integer.MAX_VALUE;
  private int clampMin = Integer.MIN_VALUE;
  private int clampMax = Integer.MAX_VALUE;

  public IntDirective(String name, int defaultValue) {
    super(name, defaultValue);
  }

  /** Refuses values outside of these inclusive bounds. */
  public IntDirective between(int min, int max) {
    this.min = min;
    this.max = max;
    return this;
  }

  /** Clamps values to these bounds silently. */
  public IntDirective keptWithin(int min, int max) {
    clampMin = min;
    clampMax = max;
    return this;
  }

  public int min() {
    return min;
  }

  public int max() {
    return max;
  }

  public int value() {
    return current();
  }

  @Override
  protected Integer parseWord(String word) throws RefusedValue {
    return Math.clamp(WordNumbers.between(word, min, max), clampMin, clampMax);
  }

  @Override
  public String text(Integer of) {
    return of.toString();
  }
}
