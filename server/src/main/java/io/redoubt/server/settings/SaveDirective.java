package io.redoubt.server.settings;

import io.redoubt.protocol.config.directive.ManyWordsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.WordNumbers;
import java.util.ArrayList;
import java.util.List;

/**
 * The save points. Lines of files accumulate, the first one replacing the default; {@code save ""}
 * removes all; CONFIG SET replaces all at once.
 */
public final class SaveDirective extends ManyWordsDirective<List<SaveCondition>, SaveDirective> {

  private static final String INVALID = "Invalid save parameters";

  SaveDirective(List<SaveCondition> defaultValue) {
    super("save", defaultValue);
  }

  /** Returns the save points in the order of the file; none if automatic saving is off. */
  public List<SaveCondition> value() {
    return current();
  }

  @Override
  protected SaveDirective self() {
    return this;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // lines may add up to the default's points
  protected List<SaveCondition> parseWords(List<String> words, List<SaveCondition> before)
      throws RefusedValue {
    if (words.equals(List.of(""))) {
      return List.of();
    }
    List<SaveCondition> points = new ArrayList<>();
    if (before != defaultValue()) {
      points.addAll(before);
    }
    points.addAll(points(words));
    return List.copyOf(points);
  }

  @Override
  protected List<SaveCondition> parseText(String text, List<SaveCondition> before)
      throws RefusedValue {
    return text.isEmpty() ? List.of() : points(splitAtBlanks(text));
  }

  private static List<SaveCondition> points(List<String> words) throws RefusedValue {
    List<SaveCondition> points = new ArrayList<>();
    for (int at = 0; at < words.size(); at += 2) {
      long seconds = WordNumbers.lenient(words.get(at), INVALID);
      long changes = at + 1 < words.size() ? WordNumbers.lenient(words.get(at + 1), INVALID) : -1;
      if (seconds < 1 || changes < 0 || changes > Integer.MAX_VALUE) {
        throw new RefusedValue(INVALID);
      }
      points.add(new SaveCondition(seconds, (int) changes));
    }
    return List.copyOf(points);
  }

  @Override
  public String text(List<SaveCondition> of) {
    return String.join(" ", pairs(of));
  }

  @Override
  public List<String> lines(List<SaveCondition> of) {
    return of.isEmpty() ? List.of("\"\"") : pairs(of);
  }

  private static List<String> pairs(List<SaveCondition> points) {
    return points.stream().map(point -> point.seconds() + " " + point.changes()).toList();
  }
}
