package io.redoubt.protocol;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * The time of a simulation, in milliseconds, and the connections between its processes. Like TCP,
 * connections keep order and lose nothing while they exist; a cut link delays everything until it
 * is repaired or the connection is closed.
 */
public final class ProcessNetwork {
  private static final long HELD_BACK_MILLIS = 50;

  private record Wire(String from, String to) {}

  private final RandomGenerator random;
  private final EventQueue events = new EventQueue();
  private final Set<Wire> cut = new HashSet<>();
  private final Map<String, Long> slow = new HashMap<>();
  private long now;
  private long minDelayMillis = 1;
  private long maxDelayMillis = 3;

  public ProcessNetwork(RandomGenerator random) {
    this.random = random;
  }

  public long now() {
    return now;
  }

  /** Schedules an action for a time, or for now if the time has passed. */
  public void at(long millis, Runnable action) {
    events.add(Math.max(now, millis), action);
  }

  /** Schedules an action after a delay. */
  public void after(long millis, Runnable action) {
    at(now + millis, action);
  }

  /** Runs the actions that are due within the next milliseconds. */
  public void runFor(long millis) {
    long end = now + millis;
    while (events.hasDue(end)) {
      now = events.nextAt();
      events.remove().run();
    }
    now = end;
  }

  /** Sets the bounds of the delay of each message. */
  public void setDelays(long minMillis, long maxMillis) {
    minDelayMillis = minMillis;
    maxDelayMillis = maxMillis;
  }

  /** Returns a random delay for a message. */
  public long delay() {
    return random.nextLong(minDelayMillis, maxDelayMillis + 1);
  }

  /** Adds a delay to everything that a process sends. */
  public void slow(String from, long millis) {
    slow.put(from, millis);
  }

  /** Holds back the messages from one process to another. */
  public void cut(String from, String to) {
    cut.add(new Wire(from, to));
  }

  /**
   * Separates a random part of the processes from the others, at least in the sending direction.
   */
  public void partition(List<String> processes, boolean oneWay) {
    boolean[] left = new boolean[processes.size()];
    for (int i = 0; i < left.length; i++) {
      left[i] = random.nextBoolean();
    }
    for (int i = 0; i < left.length; i++) {
      for (int j = 0; j < left.length; j++) {
        if (left[i] && !left[j]) {
          cut(processes.get(i), processes.get(j));
          if (!oneWay) {
            cut(processes.get(j), processes.get(i));
          }
        }
      }
    }
  }

  /** Ends all cuts and delays. */
  public void mend() {
    cut.clear();
    slow.clear();
  }

  public boolean isCut(String from, String to) {
    return cut.contains(new Wire(from, to));
  }

  /**
   * One direction of a connection. It delivers in order, after a delay, and only while the link is
   * not cut.
   */
  public final class Pipe {
    private final String from;
    private final String to;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private long lastAt;
    private boolean closed;

    public Pipe(String from, String to) {
      this.from = from;
      this.to = to;
    }

    public void put(Runnable delivery) {
      waiting.add(delivery);
      lastAt = Math.max(lastAt, now + delay() + slow.getOrDefault(from, 0L));
      at(lastAt, this::deliver);
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

    public void close() {
      closed = true;
      waiting.clear();
    }
  }
}
