package io.redoubt.protocol.config.directive;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
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
  private final Map<E, String> spelling = new HashMap<>();

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

  /** Shows a constant as {@code word}, which differs from its usual word in case only. */
  public ChoiceDirective<E> spelled(String word, E constant) {
    spelling.put(constant, word);
    Map<String, E> former = new LinkedHashMap<>(byWord);
    byWord.clear();
    former.forEach((known, meaning) -> byWord.put(meaning == constant ? word : known, meaning));
    return this;
  }

  @Override
  protected E parseWord(String word) throws RefusedValue {
    for (Map.Entry<String, E> known : byWord.entrySet()) {
      if (known.getKey().equalsIgnoreCase(word)) {
        return known.getValue();
      }
    }
    throw refusal(byWord.keySet());
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
    return spelling.getOrDefault(of, Words.ofConstant(of));
  }
}
