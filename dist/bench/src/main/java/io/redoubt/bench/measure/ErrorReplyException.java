package io.redoubt.bench.measure;

import java.io.IOException;

/** A server replied with an error, so there is nothing to compare. */
public final class ErrorReplyException extends IOException {
  private static final long serialVersionUID = 1L;

  public ErrorReplyException(MeasuredServer server, String error) {
    super(server.name() + ": " + error);
  }
}
