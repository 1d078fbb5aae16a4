package io.redoubt.server.loading;

import java.io.IOException;

/** Signals a load whose data does not fit into memory. A part of the data may have been loaded. */
public final class LoadMemoryException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception that names the exhausted resource. */
  public LoadMemoryException(OutOfMemoryError cause) {
    super("Out of memory: " + cause.getMessage(), cause);
  }
}
