package io.redoubt.protocol.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.config.directive.RefusedValue;
import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Attributes of a process for OpenTelemetry, in the form of {@code OTEL_RESOURCE_ATTRIBUTES}
 * (OpenTelemetry specification, "Resource SDK"): {@code name=value}, separated by commas, with
 * percent-encoding.
 */
public final class ResourceAttributes {
  private ResourceAttributes() {}

  /**
   * Returns the attributes in their order.
   *
   * @throws RefusedValue if the text has another form
   */
  public static Map<String, String> parse(String text) throws RefusedValue {
    Map<String, String> attributes = new LinkedHashMap<>();
    if (text.isBlank()) {
      return attributes;
    }
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? "" : decoded(pair.substring(0, equals));
      if (name.isEmpty()) {
        throw new RefusedValue("must be name=value,name=value");
      }
      attributes.put(name, decoded(pair.substring(equals + 1)));
    }
    return attributes;
  }

  private static String decoded(String text) throws RefusedValue {
    try {
      return URLDecoder.decode(text.strip().replace("+", "%2B"), UTF_8); // + is no space here
    } catch (IllegalArgumentException e) {
      throw new RefusedValue("has a broken percent-encoding", e);
    }
  }
}
