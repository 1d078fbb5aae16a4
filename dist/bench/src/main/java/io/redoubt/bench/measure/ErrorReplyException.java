package io.redoubt.bench.measure;

import java.io.IOException;

/** Reports an error reply, which leaves nothing to compare. */
public final class ErrorReplyException extends IOException {
  private static final long serialVersionUID = 1L;

  public ErrorReplyException(MeasuredServer server, String error) {
    super(server.name() + ": " + error);
  }
}
