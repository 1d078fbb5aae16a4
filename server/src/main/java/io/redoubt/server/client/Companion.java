package io.redoubt.server.client;

/**
 * Follows a client's fate for another part of the server: the feed of a replica, the link to the
 * master.
 */
public interface Companion {
  /** Called when all queued output has been written to the client's socket. */
  default void onWritable() {}

  /** Called when the client has disconnected. */
  void onReleased();
}
