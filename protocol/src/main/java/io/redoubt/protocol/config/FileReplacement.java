package io.redoubt.protocol.config;

import io.redoubt.protocol.process.DurableFile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The new content of a config file, computed from its present content: nothing else may write the
 * file until {@link #write} has finished.
 */
public final class FileReplacement {
  private final Path file;
  private final byte @Nullable [] contents;

  /** Prepares the new content; null if the file needs no change. */
  FileReplacement(Path file, byte @Nullable [] contents) {
    this.file = file;
    this.contents = contents;
  }

  /**
   * Replaces the file and waits until it is on disk; any thread may call it.
   *
   * @throws IOException if the file cannot be written; it is then unchanged unless written in place
   */
  public void write() throws IOException {
    if (contents != null) {
      DurableFile.replace(file, contents);
    }
  }
}
