package io.redoubt.sentinel.runtime;

import io.redoubt.sentinel.core.SentinelState;
import java.io.IOException;

/** The persistent state of a sentinel. */
@FunctionalInterface
public interface StateStore {
  /** A prepared write of a state. */
  @FunctionalInterface
  interface Write {
    /**
     * Writes the state durably and atomically. Thread-safe.
     *
     * @throws IOException if the write fails
     */
    void run() throws IOException;
  }

  /** Opens the store of a sentinel. */
  @FunctionalInterface
  interface Opener {
    /**
     * Returns the store of a sentinel.
     *
     * @param directives the loaded directives
     * @param state the state already stored
     */
    StateStore open(SentinelDirectives directives, SentinelState state);
  }

  /**
   * Prepares the write of a state. Called on the event loop, and not during another write.
   *
   * @throws IOException if it can't be written
   */
  Write prepare(SentinelState state) throws IOException;
}
