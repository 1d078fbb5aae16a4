package io.redoubt.protocol.otlp;

import java.net.URI;
import java.util.Map;

/**
 * A collector, and the process that pushes to it.
 *
 * @param url its address for metrics, such as {@code http://localhost:4318/v1/metrics}
 * @param process the attributes of the process that its metrics are about
 * @param startMillis the start of the process and thus of its counters, Unix time
 */
public record Collector(String url, Map<String, String> process, long startMillis) {
  /** Returns the URL without its query, which may have a key, for the log. */
  public String shownUrl() {
    URI parsed = URI.create(url);
    return parsed.getScheme() + "://" + parsed.getRawAuthority() + parsed.getRawPath();
  }
}
