package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The limit on open files and sockets of the process. The JVM raises the soft limit to the hard one
 * at its start, so the server can't raise it further.
 */
public final class OpenFilesLimit {
  /** The number of descriptors reserved for other uses than clients' sockets. */
  public static final int RESERVED = 32;

  private static final String LINE = "Max open files";

  private OpenFilesLimit() {}

  /** Returns the current limit; {@link Long#MAX_VALUE} if there is none or it is unknown. */
  public static long current() {
    try {
      return of(Files.readString(Path.of("/proc/self/limits")));
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  /** Parses the soft limit from text in the form of {@code /proc/self/limits}. */
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
