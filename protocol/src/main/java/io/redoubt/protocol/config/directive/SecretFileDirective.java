package io.redoubt.protocol.config.directive;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.bytes.Quoting;
import java.util.List;

/**
 * A file that holds the value of another directive, so that a secret needn't stand in the
 * configuration. It is read on start; white space at its end doesn't count.
 */
public final class SecretFileDirective extends OneWordDirective<String, SecretFileDirective> {
  private final TextDirective secret;

  /** Declares the directive {@code NAME-file} for the directive {@code NAME}. */
  public SecretFileDirective(TextDirective secret) {
    super(secret.name() + "-file", "");
    this.secret = secret;
    checkSet(path -> {
      if (!path.equals(current())) {
        throw new RefusedValue("can't be changed at run time; set " + secret.name());
      }
    });
  }

  /** Returns the directive that gets the content. */
  public TextDirective secret() {
    return secret;
  }

  @Override
  protected SecretFileDirective self() {
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
    return of.isEmpty();
  }
}
