package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.Request;
import org.jspecify.annotations.Nullable;

/**
 * Decoded requests that await execution, in order of arrival, from all clients read in this turn of
 * the loop, so that look-ahead reaches from one client to the next. A value without behavior, which
 * could be filled elsewhere and handed over: {@link Turn} decodes into it and executes it. The
 * bytes from which the requests were decoded must remain valid until they have been executed.
 */
public final class RequestBatch {
  private static final int SIZE = 64;

  private final Request[] requests = new Request[SIZE];
  private final @Nullable Client[] clients = new @Nullable Client[SIZE];
  private int count;

  public RequestBatch() {
    for (int i = 0; i < SIZE; i++) {
      requests[i] = new Request();
    }
  }

  public int count() {
    return count;
  }

  public Request request(int i) {
    return requests[i];
  }

  /** Returns the sender of the request at an index, or null if the request was removed. */
  public @Nullable Client client(int i) {
    return clients[i];
  }

  boolean isFull() {
    return count == SIZE;
  }

  /**
   * Returns an unused request to fill and then {@linkplain #add add}; the batch must not be full.
   */
  Request next() {
    return requests[count];
  }

  /** Adds the request returned by {@link #next}. */
  void add(Client client) {
    clients[count++] = client;
  }

  /** Removes the request at an index; other indexes don't change. */
  void remove(int i) {
    clients[i] = null;
  }

  void clear() {
    for (int i = 0; i < count; i++) {
      requests[i].release();
    }
    count = 0;
  }
}
