package io.redoubt.protocol.config.directive;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A 32-bit integer. */
public final class IntDirective extends OneWordDirective<Integer, IntDirective> {
  /** Stands for {@code auto}, see {@link #orAuto}. */
  public static final int AUTOMATIC = Integer.MIN_VALUE;

  private static final String AUTO = "auto";

  private int min;
  private int max = Integer.MAX_VALUE;
  private int clampMin = Integer.MIN_VALUE;
  private int clampMax = Integer.MAX_VALUE;
  private @Nullable Integer automatic;

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

  /** Also accepts {@code auto}, which stands for this number on this machine. */
  public IntDirective orAuto(int number) {
    automatic = number;
    return this;
  }

  public boolean acceptsAuto() {
    return automatic != null;
  }

  public int min() {
    return min;
  }

  public int max() {
    return max;
  }

  public int value() {
    return inForce(current());
  }

  private int inForce(int of) {
    Integer number = automatic;
    return of == AUTOMATIC && number != null ? number : of;
  }

  @Override
  protected Integer parseWord(String word) throws RefusedValue {
    if (acceptsAuto() && word.equalsIgnoreCase(AUTO)) {
      return AUTOMATIC;
    }
    return Math.clamp(WordNumbers.between(word, min, max), clampMin, clampMax);
  }

  @Override
  public String text(Integer of) {
    return Integer.toString(inForce(of));
  }

  @Override
  public List<String> lines(Integer of) {
    return List.of(acceptsAuto() && of == AUTOMATIC ? AUTO : text(of));
  }
}
