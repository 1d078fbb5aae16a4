package io.redoubt.server.client;

/** One that follows a client's fate for another part of the server: the feed of a replica. */
public interface Companion {
  /** All that was queued for the client has gone to its socket. */
  void onWritable();

  /** The client is gone. */
  void onReleased();
}
