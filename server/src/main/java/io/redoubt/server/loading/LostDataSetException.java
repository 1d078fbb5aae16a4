package io.redoubt.server.loading;

/** Thrown by a reload that failed after it had changed the data set, which must not be served. */
public final class LostDataSetException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Exception failure;

  /** Creates an exception whose cause is the failure of the load. */
  public LostDataSetException(Exception cause) {
    super(cause);
    failure = cause;
  }

  /** Returns the failure of the load. */
  public Exception failure() {
    return failure;
  }
}
