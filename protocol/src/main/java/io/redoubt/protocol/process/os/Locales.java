package io.redoubt.protocol.process.os;

import java.io.IOException;

/** The locales of the C library. */
public final class Locales {
  private Locales() {}

  /** Returns true if the C library has the locale. The empty name is that of the environment. */
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
}
