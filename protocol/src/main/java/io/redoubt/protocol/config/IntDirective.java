package io.redoubt.protocol.config;

/** A whole number of 32 bits. */
public final class IntDirective extends OneWordDirective<Integer, IntDirective> {
  private int least;
  private int most = Integer.MAX_VALUE;
  private int keptLeast = Integer.MIN_VALUE;
  private int keptMost = Integer.MAX_VALUE;

  IntDirective(String name, int defaultValue) {
    super(name, defaultValue);
  }

  /** Refuses values outside of these bounds, which both are allowed. */
  public IntDirective between(int leastAllowed, int mostAllowed) {
    least = leastAllowed;
    most = mostAllowed;
    return this;
  }

  /** Takes values beyond these for the nearer of them, without a word. */
  public IntDirective keptWithin(int atLeast, int atMost) {
    keptLeast = atLeast;
    keptMost = atMost;
    return this;
  }

  /** The number. */
  public int value() {
    return current();
  }

  @Override
  protected IntDirective self() {
    return this;
  }

  @Override
  protected Integer parseWord(String word) throws RefusedValue {
    return Math.clamp(WordNumbers.between(word, least, most), keptLeast, keptMost);
  }

  @Override
  public String text(Integer of) {
    return of.toString();
  }
}
