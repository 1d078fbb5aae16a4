package io.redoubt.server.loading;

import io.redoubt.protocol.process.SystemErrors;

/** Thrown by a reload that failed after it had changed the data set, which must not be served. */
public final class LostDataSetException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Creates an exception whose cause is the failure of the load. */
  public LostDataSetException(Exception cause) {
    super(SystemErrors.text(cause), cause);
  }
}
