package io.redoubt.protocol.config.directive;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A choice of several words, each the name of a constant: {@code volatile-lru} is {@code
 * VOLATILE_LRU}.
 *
 * @param <E> the type of the constants
 */
public final class ChoiceDirective<E extends Enum<E>>
    extends OneWordDirective<E, ChoiceDirective<E>> {
  private final Map<String, E> byWord = new LinkedHashMap<>();

  public ChoiceDirective(String name, E defaultValue) {
    super(name, defaultValue);
    for (E constant : defaultValue.getDeclaringClass().getEnumConstants()) {
      byWord.put(Words.ofConstant(constant), constant);
    }
  }

  public Set<String> words() {
    return Collections.unmodifiableSet(byWord.keySet());
  }

  public E value() {
    return current();
  }

  /**
   * Accepts {@code word} for {@code constant}, too; error messages list it after the word {@code
   * after}.
   */
  public ChoiceDirective<E> alsoAfter(String after, String word, E constant) {
    Map<String, E> former = new LinkedHashMap<>(byWord);
    byWord.clear();
    former.forEach((known, meaning) -> {
      byWord.put(known, meaning);
      if (known.equals(after)) {
        byWord.put(word, constant);
      }
    });
    return this;
  }

  @Override
  protected E parseWord(String word) throws RefusedValue {
    E constant = byWord.get(Words.lower(word));
    if (constant == null) {
      throw refusal(byWord.keySet());
    }
    return constant;
  }

  /** Returns the error for a word that is not one of these. */
  static RefusedValue refusal(Iterable<String> words) {
    List<String> names = new ArrayList<>();
    words.forEach(names::add);
    return new RefusedValue(
        "argument(s) must be one of the following: " + String.join(", ", names));
  }

  @Override
  public String text(E of) {
    return Words.ofConstant(of);
  }
}
