package io.redoubt.server.settings;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.config.directive.ManyWordsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;

/** Percentiles, each from 0 to 100. */
public final class PercentilesDirective
    extends ManyWordsDirective<List<Double>, PercentilesDirective> {

  PercentilesDirective(String name, List<Double> defaultValue) {
    super(name, defaultValue);
  }

  /** Returns the percentiles in the order of the file. */
  public List<Double> value() {
    return current();
  }

  @Override
  protected List<Double> parseWords(List<String> words, List<Double> before) throws RefusedValue {
    List<Double> percentiles = new ArrayList<>();
    for (String word : emptyIfBlank(words)) {
      double percentile = Doubles.parseOrNaN(word);
      if (Double.isNaN(percentile)) {
        throw new RefusedValue("Invalid " + name() + " parameters");
      }
      if (!(percentile >= 0 && percentile <= 100)) {
        throw new RefusedValue(name() + " parameters should sit between [0.0,100.0]");
      }
      percentiles.add(percentile);
    }
    return List.copyOf(percentiles);
  }

  @Override
  public String text(List<Double> of) {
    return String.join(" ", of.stream().map(PercentilesDirective::format).toList());
  }

  /** Formats a percentile with up to 6 decimal places, as Redis does. */
  public static String format(double percentile) {
    return BigDecimal.valueOf(percentile)
        .setScale(6, RoundingMode.HALF_EVEN)
        .stripTrailingZeros()
        .toPlainString();
  }
}
