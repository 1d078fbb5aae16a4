package io.redoubt.server.settings;

import io.redoubt.protocol.config.directive.ManyWordsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.WordNumbers;
import java.util.ArrayList;
import java.util.List;

/** The adjustments of the kernel's OOM score for a master, a replica and a child. */
public final class OomScoreValuesDirective
    extends ManyWordsDirective<List<Integer>, OomScoreValuesDirective> {
  private static final int MOST = 2000;
  private static final String INVALID =
      "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";

  OomScoreValuesDirective(String name, List<Integer> defaultValue) {
    super(name, defaultValue);
  }

  /** Returns the numbers for a master, a replica and a child. */
  public List<Integer> value() {
    return current();
  }

  @Override
  protected List<Integer> parseWords(List<String> words, List<Integer> before) throws RefusedValue {
    if (words.size() != defaultValue().size()) {
      throw new RefusedValue("wrong number of arguments");
    }
    List<Integer> values = new ArrayList<>();
    for (String word : words) {
      long value = WordNumbers.lenient(word, INVALID);
      if (value < -MOST || value > MOST) {
        throw new RefusedValue(INVALID);
      }
      values.add((int) value);
    }
    return List.copyOf(values);
  }

  @Override
  public String text(List<Integer> of) {
    return String.join(" ", of.stream().map(String::valueOf).toList());
  }
}
