package io.redoubt.server.client;

/**
 * An observer of a client on behalf of another part of the server, such as the feed of a replica or
 * the link to the master.
 */
public interface Companion {
  /** Called when all queued output has been written to the client's socket. */
  default void onWritable() {}

  /** Called when the client has disconnected. */
  void onRelease();
}
