package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The name by which {@code ps}, {@code top} and {@code ss} show this process on Linux. */
public final class ProcessTitle {
  private static final Path COMM = Path.of("/proc/self/comm");

  private ProcessTitle() {}

  /** Takes a name, of which Linux keeps 15 bytes; elsewhere the process keeps its own. */
  @SuppressWarnings("EmptyCatch")
  public static void set(String name) {
    if (!Files.isWritable(COMM)) {
      return;
    }
    try {
      Files.writeString(COMM, name, StandardOpenOption.WRITE);
    } catch (IOException e) {
      // Only the look of the process suffers.
    }
  }
}
