package io.redoubt.server.settings;

import io.redoubt.protocol.config.directive.OneWordDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.List;

/**
 * The classes of keyspace events to publish: a letter for each class, K and E for the two kinds of
 * channels of keys, S, T, I and V for those of fields, A for all classes but m, n, o and c.
 */
public final class EventFlagsDirective extends OneWordDirective<String, EventFlagsDirective> {
  private static final String ALL = "g$lshzxetd";
  private static final String ORDER = ALL + "nKEmocSTIV";

  EventFlagsDirective(String name) {
    super(name, "");
  }

  /** Returns true if the letter's events are published. */
  public boolean has(char letter) {
    return current().indexOf(letter) >= 0;
  }

  @Override
  protected String parseWord(String word) throws RefusedValue {
    String letters = word.replace("A", ALL);
    if (letters.chars().anyMatch(letter -> ORDER.indexOf(letter) < 0)) {
      throw new RefusedValue("Invalid event class character. Use 'Ag$lshzxeKEtmdnocSTIV'.");
    }
    StringBuilder ordered = new StringBuilder();
    ORDER
        .chars()
        .filter(letter -> letters.indexOf(letter) >= 0)
        .forEach(letter -> ordered.append((char) letter));
    return ordered.toString();
  }

  /** Formats the letters as Redis does: after A, n is omitted. */
  @Override
  public String text(String of) {
    return of.startsWith(ALL) ? "A" + of.substring(ALL.length()).replace("n", "") : of;
  }

  @Override
  public List<String> lines(String of) {
    return List.of('"' + of.replace(ALL, "A") + '"');
  }
}
