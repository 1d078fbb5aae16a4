package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.Request;
import org.jspecify.annotations.Nullable;

/**
 * Decoded requests that wait for execution, in order of arrival, from all clients read in this turn
 * of the loop; look-ahead thus reaches from one client to the next. The bytes they were decoded
 * from must remain until they have been executed.
 */
final class RequestBatch {
  private static final int SIZE = 64;

  private final Dispatcher dispatcher;
  private final Request[] requests = new Request[SIZE];
  private final @Nullable Client[] clients = new @Nullable Client[SIZE];
  private int count;
  private boolean running;

  /** The index of the next request to execute. */
  private int next;

  RequestBatch(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
    for (int i = 0; i < SIZE; i++) {
      requests[i] = new Request();
    }
  }

  /** Returns a request to fill and possibly {@linkplain #add add}; runs a full batch first. */
  Request next() {
    if (count == SIZE) {
      run();
    }
    return requests[count];
  }

  /** Adds the request returned by {@link #next}. */
  void add(Client client) {
    clients[count++] = client;
  }

  /** Executes all requests. */
  void run() {
    if (count == 0 || running) {
      return;
    }
    running = true;
    try {
      dispatcher.lookAhead(clients, requests, count);
      for (int i = 0; i < count; i++) {
        Client client = clients[i];
        next = i + 1;
        if (client != null) {
          client.run(requests[i]);
        }
      }
    } finally {
      running = false;
      count = 0;
      next = 0;
      dispatcher.batchDone();
    }
  }

  /**
   * Executes the requests of other clients during a long request of {@code busy}, and sends their
   * replies.
   */
  void runOthers(Client busy) {
    for (int i = 0; i < count; i++) {
      Client client = clients[i];
      if (client != null && !client.equals(busy) && client.hasRequestsInHand()) {
        for (int j = Math.max(i, next); j < count; j++) {
          if (client.equals(clients[j])) {
            clients[j] = null;
            client.run(requests[j]);
          }
        }
        client.endInput();
      }
    }
  }
}
