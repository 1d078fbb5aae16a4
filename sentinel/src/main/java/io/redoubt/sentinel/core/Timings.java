package io.redoubt.sentinel.core;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The periods and limits of a sentinel in milliseconds; SENTINEL DEBUG shows and changes them by
 * the names of {@link #byName()}.
 */
public record Timings(
    long infoPeriodMillis,
    long pingPeriodMillis,
    long askPeriodMillis,
    long publishPeriodMillis,
    long defaultDownAfterMillis,
    long defaultFailoverTimeoutMillis,
    long tiltTriggerMillis,
    long tiltPeriodMillis,
    long replicaReconfTimeoutMillis,
    long minLinkReconnectPeriodMillis,
    long electionTimeoutMillis,
    long scriptMaxRuntimeMillis,
    long scriptRetryDelayMillis) {
  /**
   * Redis' values, except for the tilt period. Redis waits for 30 s because it can't distinguish a
   * pause from a jump of the wall clock. Here pauses are subtracted from the machine's time, so
   * that only a new ping of all instances must be awaited.
   */
  public static final Timings DEFAULTS =
      new Timings(
          10_000, 1_000, 1_000, 2_000, 30_000, 180_000, 2_000, 1_000, 10_000, 15_000, 10_000,
          60_000, 30_000);

  /** Returns the values by their names in SENTINEL DEBUG, in its order. */
  public Map<String, Long> byName() {
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("info-period", infoPeriodMillis);
    values.put("ping-period", pingPeriodMillis);
    values.put("ask-period", askPeriodMillis);
    values.put("publish-period", publishPeriodMillis);
    values.put("default-down-after", defaultDownAfterMillis);
    values.put("default-failover-timeout", defaultFailoverTimeoutMillis);
    values.put("tilt-trigger", tiltTriggerMillis);
    values.put("tilt-period", tiltPeriodMillis);
    values.put("slave-reconf-timeout", replicaReconfTimeoutMillis);
    values.put("min-link-reconnect-period", minLinkReconnectPeriodMillis);
    values.put("election-timeout", electionTimeoutMillis);
    values.put("script-max-runtime", scriptMaxRuntimeMillis);
    values.put("script-retry-delay", scriptRetryDelayMillis);
    return values;
  }

  /** Returns a copy with one value changed, or null for an unknown name. */
  public @Nullable Timings with(String name, long millis) {
    Map<String, Long> values = byName();
    if (values.replace(name, millis) == null) {
      return null;
    }
    long[] all = values.values().stream().mapToLong(Long::longValue).toArray();
    return new Timings(
        all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8], all[9], all[10],
        all[11], all[12]);
  }
}
