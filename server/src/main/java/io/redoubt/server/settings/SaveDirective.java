package io.redoubt.server.settings;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.config.directive.ManyWordsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.ArrayList;
import java.util.List;

/**
 * The save points. Lines of files accumulate, the first one replacing the default; {@code save ""}
 * removes all; CONFIG SET replaces all at once.
 */
public final class SaveDirective extends ManyWordsDirective<List<SavePoint>, SaveDirective> {

  SaveDirective(List<SavePoint> defaultValue) {
    super("save", defaultValue);
  }

  /** Returns the save points in the order of the file; none if automatic saving is off. */
  public List<SavePoint> value() {
    return current();
  }

  @Override
  protected SaveDirective self() {
    return this;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // lines may add up to the default's points
  protected List<SavePoint> parseWords(List<String> words, List<SavePoint> before)
      throws RefusedValue {
    if (words.equals(List.of(""))) {
      return List.of();
    }
    List<SavePoint> points = new ArrayList<>();
    if (before != defaultValue()) {
      points.addAll(before);
    }
    points.addAll(points(words));
    return List.copyOf(points);
  }

  @Override
  protected List<SavePoint> parseText(String text, List<SavePoint> before) throws RefusedValue {
    return text.isBlank() ? List.of() : points(List.of(text.strip().split(" +", -1)));
  }

  private static List<SavePoint> points(List<String> words) throws RefusedValue {
    List<SavePoint> points = new ArrayList<>();
    for (int at = 0; at < words.size(); at += 2) {
      long seconds = Numbers.parseLong(words.get(at), -1);
      long changes = at + 1 < words.size() ? Numbers.parseLong(words.get(at + 1), -1) : -1;
      if (seconds < 1 || changes < 0 || changes > Integer.MAX_VALUE) {
        throw new RefusedValue("Invalid save parameters");
      }
      points.add(new SavePoint(seconds, (int) changes));
    }
    return List.copyOf(points);
  }

  @Override
  public String text(List<SavePoint> of) {
    return String.join(" ", pairs(of));
  }

  @Override
  public List<String> lines(List<SavePoint> of) {
    return of.isEmpty() ? List.of("\"\"") : pairs(of);
  }

  private static List<String> pairs(List<SavePoint> points) {
    return points.stream().map(point -> point.seconds() + " " + point.changes()).toList();
  }
}
