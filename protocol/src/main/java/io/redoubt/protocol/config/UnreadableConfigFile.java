package io.redoubt.protocol.config;

import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.file.Path;

/** A config file cannot be opened; the message is logged before the process exits. */
public final class UnreadableConfigFile extends IOException {
  private static final long serialVersionUID = 1;
  private final String reason;

  UnreadableConfigFile(Path file, IOException cause) {
    super("Fatal error, " + reason(file, cause), cause);
    this.reason = reason(file, cause);
  }

  private static String reason(Path file, IOException cause) {
    return "can't open config file '" + file + "': " + SystemErrors.text(cause);
  }

  /** Returns the reason to be shown with the line that includes the file. */
  String reason() {
    return reason;
  }
}
