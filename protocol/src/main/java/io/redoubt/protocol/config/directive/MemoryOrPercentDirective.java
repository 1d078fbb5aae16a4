package io.redoubt.protocol.config.directive;

import java.util.List;

/** A size in bytes, or a percentage of another limit. */
public final class MemoryOrPercentDirective
    extends OneWordDirective<MemoryOrPercentDirective.Amount, MemoryOrPercentDirective> {

  /**
   * A number of bytes or a percentage.
   *
   * @param number the bytes or the percentage
   */
  public record Amount(long number, boolean percent) {}

  /** Declares the directive with its default. */
  public MemoryOrPercentDirective(String name, long defaultBytes) {
    super(name, new Amount(defaultBytes, false));
  }

  /** Returns the size in bytes; percentages refer to {@code wholeBytes}. */
  public long bytes(long wholeBytes) {
    Amount amount = current();
    return amount.percent() ? wholeBytes / 100 * amount.number() : amount.number();
  }

  @Override
  protected MemoryOrPercentDirective self() {
    return this;
  }

  @Override
  protected Amount parseWord(String word) throws RefusedValue {
    String refusal = "argument must be a memory or percent value";
    if (!word.endsWith("%")) {
      return new Amount(WordNumbers.bytes(word, refusal), false);
    }
    String digits = word.substring(0, word.length() - 1);
    if (!digits.matches("[0-9]{1,18}")) {
      throw new RefusedValue(refusal);
    }
    long percentage = Long.parseLong(digits);
    if (percentage > 100) {
      throw new RefusedValue("percentage argument must be less or equal to 100");
    }
    return new Amount(percentage, true);
  }

  @Override
  public String text(Amount of) {
    return of.percent() ? of.number() + "%" : Long.toString(of.number());
  }

  @Override
  public List<String> lines(Amount of) {
    return List.of(of.percent() ? text(of) : WordNumbers.withUnit(of.number()));
  }
}
