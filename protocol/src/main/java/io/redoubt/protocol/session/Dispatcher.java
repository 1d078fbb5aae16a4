package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.Request;

/** Executes requests. */
public interface Dispatcher {
  /**
   * Prepares for the successive dispatch of the requests of a batch, for example by reading the
   * clock once and by prefetching memory. Must not change anything.
   */
  default void lookAhead(RequestBatch batch) {}

  /** Prepares like {@link #lookAhead(RequestBatch)} for the first requests of one client. */
  default void lookAhead(Client client, Request[] requests, int count) {}

  /** Finishes a batch announced by {@link #lookAhead(RequestBatch)}. */
  default void batchDone() {}

  /** Returns true if there is memory for the objects of one more client. */
  default boolean hasRoomForClient() {
    return true;
  }

  /**
   * Reports that memory did not suffice for something outside of a command.
   *
   * @param where a part of a sentence, such as {@code on the loop}
   */
  default void outOfMemory(String where, OutOfMemoryError failure) {}

  /**
   * Executes a request and writes its reply to {@link Client#reply()}. Must not throw for anything
   * that a client can cause.
   *
   * @param client the sender, which may get blocked or closed
   * @param request a request of at least one argument, valid until this returns
   * @return false if a pause applies to the request, so that it must be dispatched again; nothing
   *     was replied then
   */
  boolean dispatch(Client client, Request request);
}
