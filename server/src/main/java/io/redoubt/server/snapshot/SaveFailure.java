package io.redoubt.server.snapshot;

import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;

/** A failed step of a save, with its log message. */
final class SaveFailure extends IOException {
  private static final long serialVersionUID = 1L;

  SaveFailure(String line, IOException cause) {
    super(line, cause);
  }

  /** Returns the log message for a save that ran out of memory. */
  static String line(OutOfMemoryError full) {
    return "Can't save: out of memory: " + full.getMessage();
  }

  /** Returns the log message for a failed save. */
  static String line(Exception failure) {
    return failure instanceof SaveFailure
        ? String.valueOf(failure.getMessage())
        : "Write error saving DB on disk: " + SystemErrors.text(failure);
  }
}
