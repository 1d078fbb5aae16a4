package io.redoubt.protocol.otlp;

import io.micrometer.registry.otlp.AggregationTemporality;
import io.micrometer.registry.otlp.CompressionMode;
import io.micrometer.registry.otlp.OtlpConfig;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a registry for one push. None of them comes from the environment or from system
 * properties, as Micrometer's defaults do.
 */
record PushSettings(Collector collector) implements OtlpConfig {
  /** The registry's own timer must not publish: its first run is at least a step away. */
  private static final Duration NEVER = Duration.ofDays(36_500);

  @Override
  public @Nullable String get(String key) {
    return null;
  }

  /** Returns the URL that the registry logs; {@link CollectorRequest} has the real one. */
  @Override
  public String url() {
    return collector.shownUrl();
  }

  @Override
  public Duration step() {
    return NEVER;
  }

  @Override
  public int batchSize() {
    return Integer.MAX_VALUE;
  }

  @Override
  public Map<String, String> resourceAttributes() {
    return collector.process();
  }

  /** Returns no headers: secrets stay out of a registry that logs what it does. */
  @Override
  public Map<String, String> headers() {
    return Map.of();
  }

  @Override
  public AggregationTemporality aggregationTemporality() {
    return AggregationTemporality.CUMULATIVE;
  }

  @Override
  public CompressionMode compressionMode() {
    return CompressionMode.NONE;
  }
}
