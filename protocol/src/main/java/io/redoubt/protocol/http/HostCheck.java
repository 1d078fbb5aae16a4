package io.redoubt.protocol.http;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Accepts requests by their Host header. A page that rebinds its own DNS name to this machine sends
 * that name, so that only addresses, {@code localhost} and configured names are accepted.
 */
final class HostCheck {
  private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
  private static final Pattern ADDRESS =
      Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]{2,45}]");

  private final Set<String> names;

  HostCheck(Set<String> names) {
    this.names = names;
  }

  /** Returns true if the value of a Host header is accepted; so is a missing one (HTTP/1.0). */
  boolean accepts(@Nullable String header) {
    if (header == null) {
      return true;
    }
    String host = PORT.matcher(header.strip().toLowerCase(Locale.ROOT)).replaceFirst("");
    return host.equals("localhost") || names.contains(host) || ADDRESS.matcher(host).matches();
  }
}
