package io.redoubt.protocol.launch;

import java.io.IOException;

/** An address that can't be listened on; the message is the last line of the log. */
public final class ListenException extends IOException {
  private static final long serialVersionUID = 1L;

  ListenException(String line, IOException cause) {
    super(line, cause);
  }
}
