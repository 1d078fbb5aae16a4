package io.redoubt.protocol.launch;

import java.io.IOException;

/** The failure to listen on an address; the message is the last line of the log. */
public final class ListenException extends IOException {
  private static final long serialVersionUID = 1L;

  ListenException(String line, IOException cause) {
    super(line, cause);
  }
}
