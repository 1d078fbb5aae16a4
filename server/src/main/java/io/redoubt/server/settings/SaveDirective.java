package io.redoubt.server.settings;

import io.redoubt.protocol.config.directive.ManyWordsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.WordNumbers;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

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
  @SuppressWarnings("ReferenceEquality") // lines may add up to the default's points
  protected List<SaveCondition> parseWords(List<String> words, List<SaveCondition> before)
      throws RefusedValue {
    if (words.equals(List.of(""))) {
      return List.of();
    }
    if (before instanceof Lines lines) {
      return lines.and(points(words));
    }
    Lines first = new Lines(new ArrayList<>(), 0);
    return (before == defaultValue() ? first : first.and(before)).and(points(words));
  }

  /**
   * The save points of several lines. A list and its continuations share an array of points, so
   * that each of a hundred thousand lines takes constant time.
   */
  private static final class Lines extends AbstractList<SaveCondition> implements RandomAccess {
    private final List<SaveCondition> shared;
    private final int count;

    private Lines(List<SaveCondition> shared, int count) {
      this.shared = shared;
      this.count = count;
    }

    Lines and(List<SaveCondition> more) {
      boolean last = shared.size() == count;
      List<SaveCondition> points = last ? shared : new ArrayList<>(this);
      points.addAll(more);
      return new Lines(points, points.size());
    }

    @Override
    public SaveCondition get(int i) {
      return shared.get(Objects.checkIndex(i, count));
    }

    @Override
    public int size() {
      return count;
    }
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
