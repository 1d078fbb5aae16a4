package io.redoubt.protocol.net;

/** A scheduled task that can be cancelled. */
@FunctionalInterface
public interface Cancellable {

  /** Cancels the task; has no effect if it has run or was cancelled. */
  void cancel();
}
