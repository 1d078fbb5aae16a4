package io.redoubt.protocol.config;

/** A whole number of 64 bits. */
public final class LongDirective extends OneWordDirective<Long, LongDirective> {
  private long least;
  private long most = Long.MAX_VALUE;

  LongDirective(String name, long defaultValue) {
    super(name, defaultValue);
  }

  /** Refuses values outside of these bounds, which both are allowed. */
  public LongDirective between(long leastAllowed, long mostAllowed) {
    least = leastAllowed;
    most = mostAllowed;
    return this;
  }

  /** The number. */
  public long value() {
    return current();
  }

  @Override
  protected LongDirective self() {
    return this;
  }

  @Override
  protected Long parseWord(String word) throws RefusedValue {
    return WordNumbers.between(word, least, most);
  }

  @Override
  public String text(Long of) {
    return of.toString();
  }
}
