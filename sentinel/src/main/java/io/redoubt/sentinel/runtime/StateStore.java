package io.redoubt.sentinel.runtime;

import io.redoubt.sentinel.core.SentinelState;
import java.io.IOException;

/** Where a sentinel's state survives it. */
@FunctionalInterface
public interface StateStore {
  /**
   * Writes the state durably, in place of the one before, or leaves that one whole.
   *
   * @throws IOException when it could not be written
   */
  void save(SentinelState state) throws IOException;
}
