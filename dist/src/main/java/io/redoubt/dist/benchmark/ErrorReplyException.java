package io.redoubt.dist.benchmark;

import java.io.IOException;

/** A server replied with an error, so there is nothing to compare. */
final class ErrorReplyException extends IOException {
  private static final long serialVersionUID = 1L;

  ErrorReplyException(MeasuredServer server, String error) {
    super(server.name() + ": " + error);
  }
}
