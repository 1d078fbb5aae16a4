package io.redoubt.protocol.info;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The INFO reply: sections in the order of their declaration. Confined to the process' event loop.
 *
 * <p>A section requested by name is always shown; without names the default sections are shown, and
 * {@code all} and {@code everything} show every section but those shown only by name.
 */
public final class Info {
  private static final Set<String> ALL_SELECTORS = Set.of("all", "everything");
  private static final String DEFAULT = "default";

  private final List<Section> sections = new ArrayList<>();
  private final InfoText text = new InfoText();
  private @Nullable Consumer<Info> declaration;

  /**
   * Creates an INFO.
   *
   * @param declaration declares all sections; called when INFO is first used, because its hundreds
   *     of fields would take a tenth of the start
   */
  public Info(Consumer<Info> declaration) {
    this.declaration = declaration;
  }

  private void declare() {
    Consumer<Info> waiting = declaration;
    declaration = null;
    if (waiting != null) {
      waiting.accept(this);
    }
  }

  /**
   * Returns the section of this name and declares it if necessary, so that several subsystems can
   * add fields to it.
   *
   * @param title as shown, {@code Replication}
   * @param name as requested, {@code replication}
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

  /** Returns the sections in the order of their declaration. */
  public List<Section> sections() {
    declare();
    return List.copyOf(sections);
  }

  /**
   * Returns the reply: the title and fields of each section, separated by empty lines.
   *
   * @param selectors section names in any case, or {@code default}, {@code all}, {@code
   *     everything}; an empty list means the default
   * @return the reply, valid until the next one
   */
  public InfoText render(List<String> selectors) {
    declare();
    text.clear();
    Set<String> wanted = new HashSet<>();
    selectors.forEach(selector -> wanted.add(selector.toLowerCase(Locale.ROOT)));
    boolean every = !Collections.disjoint(wanted, ALL_SELECTORS);
    boolean byDefault = wanted.isEmpty() || wanted.contains(DEFAULT);
    boolean first = true;
    for (Section section : sections) {
      boolean shown =
          wanted.contains(section.name())
              || (!section.isOnlyByName() && (every || (byDefault && section.isInDefault())));
      if (shown) {
        if (!first) {
          text.endLine();
        }
        section.render(text);
        first = false;
      }
    }
    return text;
  }
}
