package io.redoubt.sentinel.runtime;

import io.redoubt.sentinel.core.SentinelState;
import java.io.IOException;

/** Where a sentinel's state survives it. */
@FunctionalInterface
public interface StateStore {
  /** A state that is ready to be written. */
  @FunctionalInterface
  interface Write {
    /**
     * Writes it durably, in place of the one before, or leaves that one whole; from any thread.
     *
     * @throws IOException when it could not be written
     */
    void run() throws IOException;
  }

  /**
   * Makes a state ready to be written; on the loop, and not while another one is being written.
   *
   * @throws IOException when it can't be written
   */
  Write prepare(SentinelState state) throws IOException;
}
