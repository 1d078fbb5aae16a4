package io.redoubt.server.cluster.simulation;

import io.redoubt.protocol.EventQueue;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Simulated time and connections. Like TCP, connections keep order and lose nothing while they
 * exist; a cut link delays everything until it is repaired or the connection is closed.
 */
final class BusNetwork {
  private static final long HELD_BACK_MILLIS = 50;

  private record Wire(String from, String to) {}

  private final RandomGenerator random;
  private final EventQueue events = new EventQueue();
  private final Set<Wire> cut = new HashSet<>();
  private final Map<String, Long> slow = new HashMap<>();
  private long now;
  private long minDelayMillis = 1;
  private long maxDelayMillis = 3;

  BusNetwork(RandomGenerator random) {
    this.random = random;
  }

  long now() {
    return now;
  }

  void after(long millis, Runnable action) {
    events.add(now + millis, action);
  }

  void runFor(long millis) {
    long end = now + millis;
    while (events.hasDue(end)) {
      now = events.nextAt();
      events.remove().run();
    }
    now = end;
  }

  void delays(long minMillis, long maxMillis) {
    minDelayMillis = minMillis;
    maxDelayMillis = maxMillis;
  }

  long delay() {
    return random.nextLong(minDelayMillis, maxDelayMillis + 1);
  }

  /** Adds a delay to everything that a process sends. */
  void slow(String from, long millis) {
    slow.put(from, millis);
  }

  void cut(String from, String to) {
    cut.add(new Wire(from, to));
  }

  void mend() {
    cut.clear();
    slow.clear();
  }

  boolean isCut(String from, String to) {
    return cut.contains(new Wire(from, to));
  }

  /** One direction of a connection: delivers in order, after a delay, while the link is not cut. */
  final class Pipe {
    private final String from;
    private final String to;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private long lastAt;
    private boolean closed;

    Pipe(String from, String to) {
      this.from = from;
      this.to = to;
    }

    void put(Runnable delivery) {
      waiting.add(delivery);
      lastAt = Math.max(lastAt, now + delay() + slow.getOrDefault(from, 0L));
      events.add(lastAt, this::deliver);
    }

    private void deliver() {
      if (closed || waiting.isEmpty()) {
        return;
      }
      if (isCut(from, to)) {
        after(HELD_BACK_MILLIS, this::deliver);
      } else {
        waiting.remove().run();
      }
    }

    void close() {
      closed = true;
      waiting.clear();
    }
  }
}
