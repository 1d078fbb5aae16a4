package io.redoubt.protocol.config.directive;

import io.redoubt.protocol.bytes.Numbers;
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

  public MemoryOrPercentDirective(String name, long defaultBytes) {
    super(name, new Amount(defaultBytes, false));
  }

  /** Returns the size in bytes; percentages refer to {@code wholeBytes}. */
  public long bytes(long wholeBytes) {
    Amount amount = current();
    return amount.percent() ? wholeBytes / 100 * amount.number() : amount.number();
  }

  @Override
  protected Amount parseWord(String word) throws RefusedValue {
    String refusal = "argument must be a memory or percent value";
    if (!word.endsWith("%")) {
      long bytes = WordNumbers.bytes(word, refusal);
      return bytes < 0 ? percentage(-bytes) : new Amount(bytes, false);
    }
    long percentage = Numbers.parseLong(word.substring(0, word.length() - 1), -1);
    if (percentage < 0) {
      throw new RefusedValue(refusal);
    }
    return percentage(percentage);
  }

  /** Creates a percentage. Redis keeps one as a negative size, so that a wrapped size is one. */
  private static Amount percentage(long percentage) throws RefusedValue {
    if (percentage < 0 || percentage > 100) {
      throw new RefusedValue("percentage argument must be less or equal to 100");
    }
    return new Amount(percentage, percentage > 0);
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
