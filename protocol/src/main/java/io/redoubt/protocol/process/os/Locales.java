package io.redoubt.protocol.process.os;

import java.io.IOException;
import java.lang.foreign.Arena;

/** The locales of the C library. */
public final class Locales {
  private static final int LC_COLLATE_MASK = 1 << 3;
  private static final long LC_GLOBAL_LOCALE = -1;

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
      // The structure stays allocated: names are checked at the start and by CONFIG SET only.
      return newLocale(LC_COLLATE_MASK, name, 0) != 0;
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
    LibraryFunction useLocale = function("uselocale");
    if (useLocale.call(0) != LC_GLOBAL_LOCALE) {
      return; // the thread has one of its own
    }
    long copy = function("duplocale").call(LC_GLOBAL_LOCALE);
    long plain = copy == 0 ? 0 : newLocale(isMac ? MAC_MASK : LINUX_MASK, "C", copy);
    if (plain == 0 || useLocale.call(plain) == 0) {
      throw new IOException("the C library refuses the locale C");
    }
  }

  /** Calls newlocale(3); returns 0 if it fails. */
  private static long newLocale(int mask, String name, long base) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      return function("newlocale").call(mask, arena.allocateFrom(name).address(), base);
    }
  }

  private static LibraryFunction function(String name) throws IOException {
    return LibraryFunction.find(name)
        .orElseThrow(() -> new IOException("this system has no " + name));
  }
}
