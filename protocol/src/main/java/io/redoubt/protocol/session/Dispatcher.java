package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.Request;

/** Executes requests; implemented by each kind of server. */
public interface Dispatcher {
  /**
   * Prepares for dispatching the requests of a batch, for example by reading the clock once and by
   * prefetching memory. Must not change anything.
   */
  default void lookAhead(RequestBatch batch) {}

  /** Prepares like {@link #lookAhead(RequestBatch)} for the next requests of one client. */
  default void lookAhead(Client client, Request[] requests, int count) {}

  /** Finishes a batch announced by {@link #lookAhead(RequestBatch)}. */
  default void finishBatch() {}

  /** Returns true if there is memory for the objects of one more client. */
  default boolean hasRoomForClient() {
    return true;
  }

  /**
   * Reports that memory ran out outside of a command.
   *
   * @param where part of a sentence for the log, such as {@code on the loop}
   */
  default void onOutOfMemory(String where, OutOfMemoryError failure) {}

  /**
   * Executes a request and writes its reply to {@link Client#reply()}. Must not throw for any
   * input.
   *
   * @param client the sender, which may become blocked or closed
   * @param request a request of at least one argument, valid until this returns
   * @return false if the request was paused: nothing was replied, and it must be dispatched again
   */
  boolean dispatch(Client client, Request request);
}
