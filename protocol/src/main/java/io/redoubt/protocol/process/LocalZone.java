package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The time zone of this process. {@link ZoneId#systemDefault} reads the rules of all zones, which
 * takes the start some 15 ms; most servers are in UTC, which has none.
 */
public final class LocalZone {
  private static final Set<String> UTC = Set.of("UTC", "Etc/UTC");
  private static final String ZONES = "zoneinfo/";

  private LocalZone() {}

  /** Returns the zone, from the environment variable {@code TZ} or the system's setting. */
  public static ZoneId get() {
    return isUtc(
            System.getProperty("user.timezone"), System.getenv("TZ"), Path.of("/etc/localtime"))
        ? ZoneOffset.UTC
        : ZoneId.systemDefault();
  }

  /**
   * Returns true if the zone is UTC for certain, without loading zone rules. Checks the sources in
   * the JDK's order.
   *
   * @param property the JVM's property {@code user.timezone}
   * @param variable the environment variable {@code TZ}
   * @param setting the system's link to a file of rules
   */
  static boolean isUtc(@Nullable String property, @Nullable String variable, Path setting) {
    if (property != null && !property.isEmpty()) {
      return UTC.contains(property);
    }
    if (variable != null && !variable.isEmpty()) {
      return UTC.contains(variable.startsWith(":") ? variable.substring(1) : variable);
    }
    try {
      if (!Files.isSymbolicLink(setting)) {
        return Files.notExists(setting, LinkOption.NOFOLLOW_LINKS);
      }
      String target = Files.readSymbolicLink(setting).toString();
      int zone = target.lastIndexOf(ZONES);
      return zone >= 0 && UTC.contains(target.substring(zone + ZONES.length()));
    } catch (IOException e) {
      return false;
    }
  }
}
