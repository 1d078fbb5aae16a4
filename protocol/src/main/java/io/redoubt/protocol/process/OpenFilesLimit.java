package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How many files and sockets the process may have open. The JVM raises its soft limit to the hard
 * one when it starts, so there is nothing left to raise here.
 */
public final class OpenFilesLimit {
  /** Files that a server needs beside its clients' sockets. */
  public static final int RESERVED = 32;

  private static final String LINE = "Max open files";

  private OpenFilesLimit() {}

  /** The limit of this moment; {@link Long#MAX_VALUE} where there is none or it isn't known. */
  public static long current() {
    try {
      return of(Files.readString(Path.of("/proc/self/limits")));
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  /** The soft limit in a text of the form of {@code /proc/self/limits}. */
  static long of(String limits) {
    for (String line : limits.split("\n", -1)) {
      if (line.startsWith(LINE)) {
        String soft = line.substring(LINE.length()).strip().split("\\s+", 2)[0];
        return soft.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(soft);
      }
    }
    return Long.MAX_VALUE;
  }
}
