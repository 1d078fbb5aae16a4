package io.redoubt.protocol.config.directive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A text in UTF-8, possibly empty. */
public final class TextDirective extends OneWordDirective<String, TextDirective> {
  private @Nullable TextDirective secret;

  public TextDirective(String name, String defaultValue) {
    super(name, defaultValue);
  }

  /**
   * Makes the text the path of a file with the value of another directive, so that a secret needn't
   * stand in the configuration. The file is read on start; white space at its end doesn't count.
   */
  public TextDirective fileOf(TextDirective secret) {
    this.secret = secret;
    return fixedAtRunTime("can't be changed at run time; set " + secret.name());
  }

  /** Returns the directive whose value is read from a file named by this one, or null. */
  public @Nullable TextDirective secret() {
    return secret;
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
