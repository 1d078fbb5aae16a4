package io.redoubt.protocol.process.os;

import java.util.Locale;

/** The kind of operating system that the process runs on. */
public enum OperatingSystem {
  LINUX,
  MAC,
  WINDOWS,
  OTHER;

  /** Returns the kind, by Java's property {@code os.name}. */
  public static OperatingSystem current() {
    String name = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (name.contains("linux")) {
      return LINUX;
    }
    if (name.startsWith("mac")) {
      return MAC;
    }
    return name.startsWith("windows") ? WINDOWS : OTHER;
  }
}
