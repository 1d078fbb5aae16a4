package io.redoubt.protocol.config.directive;

import java.util.List;

/**
 * A directive with exactly one argument.
 *
 * @param <T> the type of the value
 * @param <D> the directive's own class
 */
public abstract class OneWordDirective<T, D extends OneWordDirective<T, D>>
    extends Directive<T, D> {

  protected OneWordDirective(String name, T defaultValue) {
    super(name, defaultValue);
  }

  protected abstract T parseWord(String word) throws RefusedValue;

  @Override
  protected final T parse(List<String> words, T before) throws RefusedValue {
    if (words.size() != 1) {
      throw new RefusedValue("wrong number of arguments");
    }
    return parseWord(words.getFirst());
  }

  @Override
  protected final T parseText(String text, T before) throws RefusedValue {
    return parseWord(text);
  }

  @Override
  public List<String> lines(T of) {
    return List.of(text(of));
  }
}
