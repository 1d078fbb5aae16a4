package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.RefusedValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The directives that SENTINEL CONFIG reads and changes in addition to the sentinel's own options:
 * the log level, as in Redis, and the TLS certificates, which expire while a sentinel runs.
 */
public final class ProcessSettings {
  private final Directives directives;
  private final Map<String, Directive<?, ?>> known = new LinkedHashMap<>();

  /** Creates the access to a process' directives. */
  public ProcessSettings(Directives directives) {
    this.directives = directives;
    known.put(directives.common.loglevel.name(), directives.common.loglevel);
    directives.tls.certificates().forEach(each -> known.put(each.name(), each));
  }

  public Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    known.forEach((name, directive) -> values.put(name, directive.text()));
    return values;
  }

  /** Returns true if there is such a directive; {@code name} is in lower case. */
  public boolean has(String name) {
    return known.containsKey(name);
  }

  /** Returns true if an existing directive accepts the value. */
  public boolean takes(String name, String value) {
    try {
      Objects.requireNonNull(known.get(name)).readText(value);
      return true;
    } catch (RefusedValue e) {
      return false;
    }
  }

  /**
   * Applies all values or none.
   *
   * @param namesAndValues alternating names and values
   * @throws RefusedValue with the complete error after its code
   */
  public void set(List<String> namesAndValues) throws RefusedValue {
    directives.set(namesAndValues, true);
  }
}
