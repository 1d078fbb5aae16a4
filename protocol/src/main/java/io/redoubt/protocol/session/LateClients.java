package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import java.util.ArrayDeque;

/**
 * The clients whose requests wait until the input of all others in a turn was executed: those whose
 * last requests took long, and those with a long request. They share a limited part of each turn,
 * in the order in which they came, so that new connections and short requests never wait for more
 * than that and one request. Used by the event loop only.
 */
final class LateClients {
  /** The part of a turn in which late clients are served; at least one is. */
  private static final long NANOS = 10_000_000;

  private final Loop loop;
  private final Clock clock;
  private final ArrayDeque<Client> waiting = new ArrayDeque<>();
  private final Runnable serve = this::serve;
  private boolean serving;

  LateClients(Loop loop, Clock clock) {
    this.loop = loop;
    this.clock = clock;
  }

  /** Adds a client, which must not be waiting. */
  void add(Client client) {
    waiting.add(client);
    if (waiting.size() == 1 && !serving) {
      schedule();
    }
  }

  private void schedule() {
    loop.schedule(serve, 0); // other than with execute, the loop polls before the next run
  }

  private void serve() {
    serving = true;
    try {
      long startNanos = clock.monotonicNanos();
      // Those that come meanwhile wait for the next turn; a long request may have served some.
      for (int left = waiting.size(); left > 0 && !waiting.isEmpty(); left--) {
        waiting.remove().executeLate();
        if (clock.monotonicNanos() - startNanos >= NANOS) {
          break;
        }
      }
    } finally {
      serving = false;
      if (!waiting.isEmpty()) {
        schedule();
      }
    }
  }

  /**
   * Serves all while a request of another client occupies the loop. They get short answers, and one
   * of them may have come to end that request.
   */
  void serveMeanwhile() {
    for (int left = waiting.size(); left > 0 && !waiting.isEmpty(); left--) {
      waiting.remove().executeLate();
    }
  }

  /** Returns true while their requests are executed. */
  boolean areServed() {
    return serving;
  }
}
