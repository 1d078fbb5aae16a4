package io.redoubt.protocol.session;

import io.redoubt.protocol.resp.Request;
import org.jspecify.annotations.Nullable;

/**
 * Requests that are decoded and not run yet, in the order in which they came: of all clients that
 * were read in this turn of the loop, so that looking ahead reaches from one client to the next.
 * The bytes that they were decoded from must stay until they have run.
 */
final class RequestBatch {
  private static final int SIZE = 64;

  private final Dispatcher dispatcher;
  private final Request[] requests = new Request[SIZE];
  private final @Nullable Client[] clients = new @Nullable Client[SIZE];
  private int count;
  private boolean running;

  /** The first that has not been run. */
  private int next;

  RequestBatch(Dispatcher dispatcher) {
    this.dispatcher = dispatcher;
    for (int i = 0; i < SIZE; i++) {
      requests[i] = new Request();
    }
  }

  /** A request to be filled, and then perhaps {@linkplain #add added}; a full batch runs first. */
  Request next() {
    if (count == SIZE) {
      run();
    }
    return requests[count];
  }

  /** Adds the request that {@link #next} gave. */
  void add(Client client) {
    clients[count++] = client;
  }

  /** Runs all of them. */
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
   * While a request of one client runs and does not end: runs those of the others, and sends what
   * they have been replied.
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
