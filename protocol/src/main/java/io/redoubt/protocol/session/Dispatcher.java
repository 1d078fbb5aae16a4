package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.Request;

/** What runs requests. */
public interface Dispatcher {
  /**
   * Requests are about to be dispatched, one after the other: a chance to look at the clock once
   * for all, and to touch the memory that they will need. Nothing may change.
   *
   * @param clients who sent each of them
   * @param batch requests; only the first so many are set
   * @param count how many, at least 1
   */
  default void lookAhead(Client[] clients, Request[] batch, int count) {}

  /** As {@link #lookAhead(Client[], Request[], int)}, of requests that one client sent. */
  default void lookAhead(Client client, Request[] batch, int count) {}

  /**
   * The requests that {@link #lookAhead(Client[], Request[], int)} told of have run, as far as they
   * could.
   */
  default void batchDone() {}

  /**
   * Reports that memory did not suffice for something outside of a command.
   *
   * @param where a part of a sentence, such as {@code on the loop}
   */
  default void outOfMemory(String where, OutOfMemoryError failure) {}

  /**
   * Runs one request and writes its reply to {@link Client#reply()}. Must not throw for anything
   * that a client can cause.
   *
   * @param client who sent it; may be blocked, postponed or closed by it
   * @param request at least one word; valid until this returns
   */
  void dispatch(Client client, Request request);
}
