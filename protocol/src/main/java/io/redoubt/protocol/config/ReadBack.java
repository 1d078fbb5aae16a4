package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the directives of a file like the next start, to find the ones that CONFIG REWRITE must
 * write. Ignores {@link FileWord}s, which are compared line by line elsewhere.
 */
final class ReadBack extends ConfReader {
  private final DirectiveTable directives;
  private final ReadValues values;
  private final Set<Directive<?, ?>> refused = new HashSet<>();

  /** Reads one line. */
  interface Reading {
    void read() throws RefusedValue, FatalConfigError, UnreadableConfigFile;
  }

  ReadBack(DirectiveTable directives) {
    this(directives, new ReadValues());
  }

  private ReadBack(DirectiveTable directives, ReadValues values) {
    super(directives, values);
    this.directives = directives;
    this.values = values;
  }

  @Override
  void readFileWord(FileWord word, List<String> arguments, String shown) {
    // Compared line by line elsewhere.
  }

  /** Reads a line and returns true unless the start would refuse it. */
  boolean accepts(Reading line) {
    try {
      line.read();
    } catch (RefusedValue e) {
      return false;
    } catch (FatalConfigError | UnreadableConfigFile e) {
      // Errors in included files are reported by the next start, not by this rewrite.
    }
    return true;
  }

  /** Records that the start would refuse a line of the directive. */
  void onRefused(Directive<?, ?> directive) {
    refused.add(directive);
  }

  /** Returns the directives that would get another value than they have, or a refused one. */
  List<Directive<?, ?>> differing() {
    return directives.all().stream()
        .filter(directive -> refused.contains(directive) || !values.isCurrent(directive))
        .toList();
  }
}
