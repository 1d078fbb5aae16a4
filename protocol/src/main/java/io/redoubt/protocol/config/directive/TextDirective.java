package io.redoubt.protocol.config.directive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import java.util.List;

/** A text in UTF-8, possibly empty. */
public final class TextDirective extends OneWordDirective<String, TextDirective> {

  /** Declares the directive with its default. */
  public TextDirective(String name, String defaultValue) {
    super(name, defaultValue);
  }

  /** Returns the text, possibly empty. */
  public String value() {
    return current();
  }

  /** Returns true if the text is not empty. */
  public boolean isSet() {
    return !current().isEmpty();
  }

  @Override
  protected TextDirective self() {
    return this;
  }

  @Override
  protected String parseWord(String word) {
    return word;
  }

  @Override
  public String text(String of) {
    return of;
  }

  @Override
  public List<String> lines(String of) {
    return List.of(Quoting.quote(of.getBytes(UTF_8)));
  }

  @Override
  public boolean isOmitted(String of) {
    return of.isEmpty() && defaultValue().isEmpty();
  }
}
