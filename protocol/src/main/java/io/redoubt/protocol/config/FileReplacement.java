package io.redoubt.protocol.config;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What is to stand in a config file, worked out from what stands there: nothing else may write the
 * file before {@link #write} has ended.
 */
public final class FileReplacement {
  private final Path file;
  private final byte @Nullable [] contents;

  /** The new contents; null when the file may stay as it is. */
  FileReplacement(Path file, byte @Nullable [] contents) {
    this.file = file;
    this.contents = contents;
  }

  /**
   * Replaces the file and waits until that is on disk; from any thread.
   *
   * @throws IOException when it can't be written; unless it is written in place it is as before
   */
  public void write() throws IOException {
    if (contents != null) {
      ConfWriter.replace(file, contents);
    }
  }
}
