package io.redoubt.protocol.config;

import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.file.Path;

/** A config file cannot be opened; the message is logged before the process exits. */
public final class UnreadableConfigFile extends IOException {
  private static final long serialVersionUID = 1;

  UnreadableConfigFile(Path file, IOException cause) {
    super("Fatal error, can't open config file '" + file + "': " + SystemErrors.text(cause), cause);
  }
}
