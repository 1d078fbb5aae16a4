package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The values of directives while a file is read, separate from the values in force. */
public final class ReadValues {
  private final Map<Directive<?, ?>, Object> values = new HashMap<>();

  /** Returns the value so far: the default if no line has set it. */
  @SuppressWarnings("unchecked") // entries are put with the same T for key and value
  public <T> T of(Directive<T, ?> directive) {
    Object value = values.get(directive);
    return value == null ? directive.defaultValue() : (T) value;
  }

  <T> void read(Directive<T, ?> directive, List<String> words) throws RefusedValue {
    values.put(directive, directive.read(words, of(directive)));
  }

  <T> boolean isCurrent(Directive<T, ?> directive) {
    return of(directive).equals(directive.current());
  }

  void set() {
    values.keySet().forEach(this::set);
  }

  private <T> void set(Directive<T, ?> directive) {
    directive.set(of(directive));
  }
}
