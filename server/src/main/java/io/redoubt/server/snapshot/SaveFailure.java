package io.redoubt.server.snapshot;

import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;

/** A step of a save that failed, as the log tells it. */
final class SaveFailure extends IOException {
  private static final long serialVersionUID = 1L;

  SaveFailure(String line, IOException cause) {
    super(line, cause);
  }

  /** Returns the line of the log for a save that failed. */
  static String line(Exception failure) {
    return failure instanceof SaveFailure
        ? String.valueOf(failure.getMessage())
        : "Write error saving DB on disk: " + SystemErrors.text(failure);
  }
}
