package io.redoubt.sentinel.settings;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of all {@link Timing}s; SENTINEL DEBUG shows and changes them. */
public record Timings(Map<Timing, Long> values) {
  /** The default values. */
  public static final Timings DEFAULTS = defaults();

  private static Timings defaults() {
    Map<Timing, Long> values = new EnumMap<>(Timing.class);
    for (Timing timing : Timing.values()) {
      values.put(timing, timing.defaultMillis());
    }
    return new Timings(Collections.unmodifiableMap(values));
  }

  /** Returns one value in milliseconds. */
  public long millis(Timing timing) {
    return values.getOrDefault(timing, timing.defaultMillis());
  }

  /** Returns the values by their names in SENTINEL DEBUG, in its order. */
  public Map<String, Long> byName() {
    Map<String, Long> named = new LinkedHashMap<>();
    for (Timing timing : Timing.values()) {
      named.put(timing.text(), millis(timing));
    }
    return named;
  }

  /** Returns a copy with one value changed, or null for an unknown name. */
  public @Nullable Timings with(String name, long millis) {
    for (Timing timing : Timing.values()) {
      if (timing.text().equals(name)) {
        Map<Timing, Long> changed = new EnumMap<>(values);
        changed.put(timing, millis);
        return new Timings(Collections.unmodifiableMap(changed));
      }
    }
    return null;
  }
}
