package io.redoubt.sentinel.core;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The periods and limits of a sentinel, all in milliseconds; SENTINEL DEBUG shows and changes them
 * by the names of {@link #byName()}.
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
   * Redis' values, but for the tilt period: Redis sits out 30 s because it can't tell a pause from
   * a jump of the wall clock. Here pauses are taken out of the time that the machine knows, so that
   * all that is left to wait for is a fresh ping of everybody.
   */
  public static final Timings DEFAULTS =
      new Timings(
          10_000, 1_000, 1_000, 2_000, 30_000, 180_000, 2_000, 1_000, 10_000, 15_000, 10_000,
          60_000, 30_000);

  /** The values by the names that SENTINEL DEBUG uses, in its order. */
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

  /** These timings with one changed, or null when there is no such name. */
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
