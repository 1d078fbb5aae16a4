package io.redoubt.protocol.config.directive;

import java.util.List;

/**
 * A directive with any number of arguments, which CONFIG SET passes as one text separated by
 * blanks.
 *
 * @param <T> the type of the value
 * @param <D> the directive's own class
 */
public abstract class ManyWordsDirective<T, D extends ManyWordsDirective<T, D>>
    extends Directive<T, D> {

  protected ManyWordsDirective(String name, T defaultValue) {
    super(name, defaultValue);
  }

  /** Parses the arguments; {@code before} is the value of the preceding lines. */
  protected abstract T parseWords(List<String> words, T before) throws RefusedValue;

  /** Splits a single argument with blanks, as command lines pass it. */
  @Override
  protected final T parse(List<String> words, T before) throws RefusedValue {
    boolean several = words.size() == 1 && !words.getFirst().isBlank();
    return parseWords(several ? Words.of(Words.stored(words.getFirst())) : words, before);
  }

  @Override
  protected T parseText(String text, T before) throws RefusedValue {
    return parseWords(splitAtBlanks(text), before);
  }

  /** Splits at each blank, as Redis does: two blanks have an empty word between them. */
  protected static List<String> splitAtBlanks(String text) {
    return List.of(text.split(" ", -1));
  }

  /**
   * Returns the arguments, or none if they are one empty argument, which stands for an empty list
   * in files.
   */
  protected static List<String> emptyIfBlank(List<String> words) {
    return words.equals(List.of("")) ? List.of() : words;
  }

  @Override
  public List<String> lines(T of) {
    String text = text(of);
    return List.of(text.isEmpty() ? "\"\"" : text);
  }
}
