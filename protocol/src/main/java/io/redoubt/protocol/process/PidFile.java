package io.redoubt.protocol.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that holds the process id and a newline while the process serves. */
public final class PidFile {
  private final Path path;

  private PidFile(Path path) {
    this.path = path;
  }

  /** Writes the file, replacing one left by an earlier process. */
  public static PidFile write(Path path, long pid) throws IOException {
    Files.writeString(path, pid + "\n");
    return new PidFile(path);
  }

  /** Removes the file if it exists. */
  public void remove() throws IOException {
    Files.deleteIfExists(path);
  }
}
