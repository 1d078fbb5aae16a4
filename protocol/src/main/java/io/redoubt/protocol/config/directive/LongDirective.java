package io.redoubt.protocol.config.directive;

/** A 64-bit integer. */
public final class LongDirective extends OneWordDirective<Long, LongDirective> {
  private long min;
  private long max = Long.MAX_VALUE;

  public LongDirective(String name, long defaultValue) {
    super(name, defaultValue);
  }

  /** Refuses values outside of these inclusive bounds. */
  public LongDirective between(long min, long max) {
    this.min = min;
    this.max = max;
    return this;
  }

  public long min() {
    return min;
  }

  public long max() {
    return max;
  }

  public long value() {
    return current();
  }

  @Override
  protected Long parseWord(String word) throws RefusedValue {
    return WordNumbers.between(word, min, max);
  }

  @Override
  public String text(Long of) {
    return of.toString();
  }
}
