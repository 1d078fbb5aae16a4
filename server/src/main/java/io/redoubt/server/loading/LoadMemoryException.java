package io.redoubt.server.loading;

import java.io.IOException;

/** Thrown by a load whose data does not fit into memory; a part of the data may be loaded. */
public final class LoadMemoryException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception whose message names the exhausted resource. */
  public LoadMemoryException(OutOfMemoryError cause) {
    super("Out of memory: " + cause.getMessage(), cause);
  }
}
