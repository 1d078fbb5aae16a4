package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.ResourceAttributes;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.metrics.JvmMetrics;
import io.redoubt.protocol.metrics.MetricsSnapshot;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.otlp.Collector;
import io.redoubt.protocol.otlp.OtlpPush;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import io.redoubt.protocol.process.Threads;
import io.redoubt.protocol.process.Version;
import io.redoubt.protocol.tuning.ThreadPriority;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The owner's side of the push to {@code metrics-otlp-url}. Confined to the event loop. Without a
 * URL nothing is created or loaded.
 *
 * <p>Each push has a thread of low priority, and there is one at a time: while a collector is slow,
 * later ones are left out. A push that takes too long is broken off. Failures are logged now and
 * then.
 */
public final class MetricsPush {
  /** The delay of the first push, so that mistakes show early but not while clients connect. */
  private static final long FIRST_SECONDS = 10;

  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final long LOG_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final Directives directives;
  private final Clock clock;
  private final Loop loop;
  private final Threads threads;
  private final Log log;
  private final Runnable takeMetrics;
  private @Nullable Collector collector;
  private @Nullable Path headersFile;
  private boolean pushing;
  private boolean aborted;
  private long lastNanos;
  private long failures;
  private long unlogged;
  private long loggedNanos;
  private volatile @Nullable OtlpPush current;
  private volatile boolean closed;

  /**
   * Creates it without pushing.
   *
   * @param takeMetrics has metrics taken soon and given to {@link #publish}
   */
  public MetricsPush(
      Directives directives,
      Clock clock,
      Loop loop,
      Threads threads,
      Log log,
      Runnable takeMetrics) {
    this.directives = directives;
    this.clock = clock;
    this.loop = loop;
    this.threads = threads;
    this.log = log;
    this.takeMetrics = takeMetrics;
    loggedNanos = clock.monotonicNanos() - LOG_PAUSE_NANOS;
  }

  /**
   * Starts to push if a URL is configured.
   *
   * @param service the default of {@code service.name}
   * @param instance the default of {@code service.instance.id}
   * @throws IOException if the headers can't be read or a library is missing
   */
  public void open(String service, String instance) throws IOException {
    String url = directives.metrics.metricsOtlpUrl.value();
    if (url.isEmpty()) {
      return;
    }
    if (!hasLibraries()) {
      throw new IOException(
          "metrics-otlp-url needs io.micrometer:micrometer-registry-otlp and"
              + " io.opentelemetry.proto:opentelemetry-proto on the class path");
    }
    String name = directives.metrics.metricsOtlpHeadersFile.value();
    if (!name.isEmpty()) {
      Path file = directives.path(name);
      headers(file);
      if (CollectorHeaders.isPublic(file)) {
        log.warning(
            "Every user of this machine can read %s, the metrics-otlp-headers-file: chmod 600 it.",
            file);
      }
      headersFile = file;
    }
    lastNanos =
        clock.monotonicNanos()
            + TimeUnit.SECONDS.toNanos(Math.min(FIRST_SECONDS, intervalSeconds()))
            - TimeUnit.SECONDS.toNanos(intervalSeconds());
    collector = new Collector(url, process(service, instance), clock.wallMillis());
  }

  /**
   * Returns true if the libraries of the push are on the class path. Loads none of them; {@link
   * OtlpPush} can't even be loaded without them.
   */
  private static boolean hasLibraries() {
    ClassLoader loader = MetricsPush.class.getClassLoader();
    return loader != null
        && loader.getResource("io/micrometer/registry/otlp/OtlpMeterRegistry.class") != null
        && loader.getResource("io/opentelemetry/proto/metrics/v1/Metric.class") != null;
  }

  private Map<String, String> process(String service, String instance) throws IOException {
    Map<String, String> process = new HashMap<>();
    process.put("service.name", service);
    process.put("service.version", Version.ofThisProcess().number());
    process.put("service.instance.id", instance);
    try {
      process.putAll(
          ResourceAttributes.parse(directives.metrics.metricsOtlpResourceAttributes.value()));
    } catch (RefusedValue e) { // the directive has checked it
      throw new IOException("metrics-otlp-resource-attributes " + e.reason(), e);
    }
    return process;
  }

  private int intervalSeconds() {
    return directives.metrics.metricsOtlpInterval.value();
  }

  public boolean isOpen() {
    return collector != null;
  }

  /** Starts a push if one is due. Called once a second. */
  public void everySecond() {
    if (collector == null) {
      return;
    }
    long passed = clock.monotonicNanos() - lastNanos;
    if (pushing) {
      OtlpPush stuck = current;
      if (passed > LIMIT_NANOS && stuck != null && !aborted) {
        aborted = true;
        threads.unstarted("metrics-abort", stuck::abort).start(); // TLS may block
      }
    } else if (passed >= TimeUnit.SECONDS.toNanos(intervalSeconds())) {
      lastNanos = clock.monotonicNanos();
      pushing = true;
      takeMetrics.run();
    }
  }

  /**
   * Pushes metrics if {@link #everySecond} has asked for them.
   *
   * @param taken not changed any more
   */
  public void publish(MetricsSnapshot taken) {
    Collector target = collector;
    if (target == null) {
      return;
    }
    try {
      threads.unstarted("metrics-push", () -> push(target, taken)).start();
    } catch (OutOfMemoryError tooManyThreads) {
      onFinished(target, "no thread can be started");
    }
  }

  /** Pushes metrics, on a thread of its own. */
  private void push(Collector target, MetricsSnapshot taken) {
    ThreadPriority.lowerPriority();
    String failure = failureOf(target, taken);
    current = null;
    loop.report(() -> onFinished(target, failure));
  }

  /** Pushes metrics, and returns the reason why they can't be, empty if they were. */
  private String failureOf(Collector target, MetricsSnapshot taken) {
    try {
      Path file = headersFile;
      Map<String, String> headers = file == null ? Map.of() : headers(file);
      OtlpPush push = new OtlpPush(target, headers, clock, threads);
      current = push;
      if (closed) { // before it could be aborted
        return "";
      }
      push.send(taken, JvmMetrics.take());
      return "";
    } catch (IOException e) {
      return SystemErrors.text(e);
    } catch (RuntimeException | LinkageError e) {
      return e.getClass().getName(); // its message might have a header
    }
  }

  private static Map<String, String> headers(Path file) throws IOException {
    try {
      return CollectorHeaders.read(file);
    } catch (IOException e) {
      throw new IOException("metrics-otlp-headers-file " + file + ": " + SystemErrors.text(e), e);
    }
  }

  private void onFinished(Collector target, String failure) {
    pushing = false;
    aborted = false;
    if (collector == null) {
      return;
    }
    if (failure.isEmpty()) {
      if (failures > 0 && unlogged < failures) {
        log.notice("Metrics reach %s again, %d pushes have failed.", target.shownUrl(), failures);
      }
      failures = 0;
      unlogged = 0;
      return;
    }
    failures++;
    long now = clock.monotonicNanos();
    if (now - loggedNanos < LOG_PAUSE_NANOS) {
      unlogged++;
      return;
    }
    log.warning(
        "Can't push metrics to %s: %s.%s",
        target.shownUrl(),
        failure,
        unlogged == 0 ? "" : " " + unlogged + " earlier failures were not logged.");
    loggedNanos = now;
    unlogged = 0;
  }

  /** Ends the pushes, the current one included. */
  public void close() {
    closed = true;
    collector = null;
    OtlpPush running = current;
    if (running != null) {
      threads.unstarted("metrics-abort", running::abort).start();
    }
  }
}
