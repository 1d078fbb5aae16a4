package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.Request;

/** Executes requests. */
public interface Dispatcher {
  /**
   * Prepares for the successive dispatch of requests, for example by reading the clock once and by
   * prefetching memory. Must not change anything.
   *
   * @param clients the sender of each request
   * @param batch the requests; only the first {@code count} are set
   * @param count the number of requests, at least 1
   */
  default void lookAhead(Client[] clients, Request[] batch, int count) {}

  /** Prepares like {@link #lookAhead(Client[], Request[], int)} for requests of one client. */
  default void lookAhead(Client client, Request[] batch, int count) {}

  /**
   * Finishes a batch announced by {@link #lookAhead(Client[], Request[], int)}, executed as far as
   * possible.
   */
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
   * @param client the sender, which may get blocked, postponed or closed
   * @param request a request of at least one argument, valid until this returns
   */
  void dispatch(Client client, Request request);
}
