package io.redoubt.protocol.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * The I/O threads with which tests of connections run: the system property {@code
 * redoubt.test.io-threads}, as in the directive, whose default is 1, the loop alone.
 */
public final class IoThreadCount {
  private IoThreadCount() {}

  /** Returns the value for the directive. */
  public static int value() {
    return Integer.getInteger("redoubt.test.io-threads", 1);
  }

  /** Returns the directives of a server. */
  public static String directives() {
    String number = "io-threads " + value() + "\n";
    return value() == 1 ? number : number + "io-threads-always-active yes\n";
  }

  /** Returns the directives of a server that is a process, none by default. */
  public static List<String> lines() {
    return value() == 1 ? List.of() : directives().lines().toList();
  }

  /** Returns {@link #lines} as arguments. */
  public static List<String> arguments() {
    return lines().stream().flatMap(line -> Stream.of(("--" + line).split(" "))).toList();
  }

  /** Returns the number of blocks of input that may arrive after reading was stopped. */
  static long batchesInTransit() {
    return value() == 1 ? 1 : ReadBatches.BATCHES;
  }

  /** Starts the threads of a transport. */
  public static void apply(Transport transport) {
    try {
      transport.setIoThreads(value() - 1, true, refused -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
