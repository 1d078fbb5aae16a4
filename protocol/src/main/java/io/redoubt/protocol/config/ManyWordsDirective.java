package io.redoubt.protocol.config;

import java.util.Arrays;
import java.util.List;

/**
 * A directive with any number of arguments, which CONFIG SET gets as one text, parted by blanks.
 *
 * @param <T> the type of the value
 * @param <D> the directive's own class
 */
public abstract class ManyWordsDirective<T, D extends ManyWordsDirective<T, D>>
    extends Directive<T, D> {

  /** A directive of this name and default. */
  protected ManyWordsDirective(String name, T defaultValue) {
    super(name, defaultValue);
  }

  /** The value that the words give; {@code before} is that of the lines before. */
  protected abstract T parseWords(List<String> words, T before) throws RefusedValue;

  /** Takes one argument that has blanks in it for several, as command lines give them. */
  @Override
  protected final T parse(List<String> words, T before) throws RefusedValue {
    boolean several = words.size() == 1 && !words.getFirst().isBlank();
    return parseWords(several ? Words.of(Words.stored(words.getFirst())) : words, before);
  }

  @Override
  protected T parseText(String text, T before) throws RefusedValue {
    return parseWords(
        Arrays.stream(text.split(" ", -1)).filter(w -> !w.isEmpty()).toList(), before);
  }

  /** The words, or none where they are but one empty word: how a file says "nothing". */
  protected static List<String> orNothing(List<String> words) {
    return words.equals(List.of("")) ? List.of() : words;
  }

  @Override
  protected List<String> lines(T of) {
    String text = text(of);
    return List.of(text.isEmpty() ? "\"\"" : text);
  }
}
