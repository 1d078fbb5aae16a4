package io.redoubt.protocol.process.os;

import java.io.IOException;

/** The locales of the C library. */
public final class Locales {
  // Character types, numbers, times, amounts of money and messages: all but the order of strings.
  private static final int LINUX_MASK = 0b110111;
  private static final int MAC_MASK = 0b111110;

  private Locales() {}

  /** Returns true if the C library has the locale. The empty name stands for the environment's. */
  public static boolean isKnown(String name) {
    if (name.isEmpty() || name.equals("C") || name.equals("POSIX")) {
      return true;
    }
    try {
      return Posix.hasLocale(name);
    } catch (IOException e) {
      return false; // nor can a library without this function use it
    }
  }

  /**
   * Gives the calling thread the locale C, in everything but the order of strings. The JVM has
   * taken over the environment's locale for the whole process: native code would write a number as
   * {@code 1,5} in a German one, and not understand {@code 1.5}. A thread keeps its first locale,
   * of some hundred bytes, until the process ends. Does nothing on Windows, where a library has a
   * locale of its own.
   *
   * @throws IOException if the C library refuses
   */
  public static void usePlain() throws IOException {
    OperatingSystem system = OperatingSystem.current();
    boolean isMac = system == OperatingSystem.MAC;
    if (!isMac && system != OperatingSystem.LINUX) {
      return;
    }
    if (!Posix.hasOwnLocale()) {
      Posix.useLocale(Posix.localeOfProcess(isMac ? MAC_MASK : LINUX_MASK));
    }
  }
}
