package io.redoubt.protocol.info;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * All of INFO: sections in the order of their declaration. For one thread, the process' loop.
 *
 * <p>A section asked for by name is shown whatever it is; without names those of the default are;
 * {@code all} and {@code everything} show every section.
 */
public final class Info {
  private static final Set<String> EVERY = Set.of("all", "everything");
  private static final String DEFAULT = "default";

  private final List<Section> sections = new ArrayList<>();

  /** An INFO without sections. */
  public Info() {}

  /**
   * Declares a section, or returns it when it is declared, so that several subsystems can add
   * fields to it.
   *
   * @param title as shown, {@code Replication}
   * @param name as asked for, {@code replication}
   */
  public Section section(String title, String name) {
    for (Section section : sections) {
      if (section.name().equals(name)) {
        return section;
      }
    }
    Section section = new Section(title, name);
    sections.add(section);
    return section;
  }

  /** The sections in the order of their declaration. */
  public List<Section> sections() {
    return List.copyOf(sections);
  }

  /**
   * Writes the reply: each section a title and its fields, with empty lines between.
   *
   * @param selectors names of sections in any case, or {@code default}, {@code all}, {@code
   *     everything}; none means the default
   */
  public void render(List<String> selectors, StringBuilder into) {
    Set<String> wanted = new HashSet<>();
    selectors.forEach(selector -> wanted.add(selector.toLowerCase(Locale.ROOT)));
    boolean every = wanted.stream().anyMatch(EVERY::contains);
    boolean byDefault = wanted.isEmpty() || wanted.contains(DEFAULT);
    boolean first = true;
    for (Section section : sections) {
      boolean shown =
          wanted.contains(section.name()) || (section.isInDefault() ? byDefault || every : every);
      if (shown && section.isThere()) {
        into.append(first ? "" : "\r\n");
        section.render(into);
        first = false;
      }
    }
  }
}
