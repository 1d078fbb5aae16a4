package io.redoubt.protocol.net;

/** Something that was asked for later. */
@FunctionalInterface
public interface Cancellable {

  /** Makes it not happen; without effect when it has happened or was cancelled. */
  void cancel();
}
