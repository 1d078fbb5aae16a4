package io.redoubt.protocol.config.directive;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A directive with any combination of several words, or a single word for none of them.
 *
 * @param <E> the type of the constants
 */
public final class FlagsDirective<E extends Enum<E>>
    extends ManyWordsDirective<Set<E>, FlagsDirective<E>> {
  private final Class<E> type;
  private final String none;

  /** Declares the directive with its default. */
  public FlagsDirective(String name, Class<E> type, String none) {
    super(name, Set.of());
    this.type = type;
    this.none = none;
  }

  public Set<E> value() {
    return current();
  }

  @Override
  protected Set<E> parseWords(List<String> words, Set<E> before) throws RefusedValue {
    Set<E> flags = EnumSet.noneOf(type);
    List<String> known = new ArrayList<>(List.of(none));
    for (E constant : type.getEnumConstants()) {
      known.add(Words.ofConstant(constant));
    }
    if (words.isEmpty()) {
      throw ChoiceDirective.refusal(known);
    }
    for (String word : words) {
      int at = known.indexOf(Words.lower(word));
      if (at < 0) {
        throw ChoiceDirective.refusal(known);
      }
      if (at > 0) {
        flags.add(type.getEnumConstants()[at - 1]);
      }
    }
    return Collections.unmodifiableSet(flags);
  }

  @Override
  public String text(Set<E> of) {
    return of.isEmpty() ? none : String.join(" ", of.stream().map(Words::ofConstant).toList());
  }
}
