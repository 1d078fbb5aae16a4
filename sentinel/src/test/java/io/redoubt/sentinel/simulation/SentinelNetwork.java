package io.redoubt.sentinel.simulation;

import io.redoubt.protocol.EventQueue;
import io.redoubt.sentinel.core.Link;
import io.redoubt.sentinel.core.NodeRequest;
import io.redoubt.sentinel.message.Address;
import io.redoubt.sentinel.message.Answer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Simulated time and connections. Like TCP, connections keep order and lose nothing while they
 * exist; a cut link delays everything until it is repaired or the connection is closed.
 */
final class SentinelNetwork {
  private static final long HELD_BACK_MILLIS = 50;

  private record Wire(String from, String to) {}

  private final RandomGenerator random;
  private final EventQueue events = new EventQueue();
  private final Set<Wire> cut = new HashSet<>();
  private final Map<String, Long> slow = new HashMap<>();
  private long now;
  private long minDelayMillis = 1;
  private long maxDelayMillis = 3;

  SentinelNetwork(RandomGenerator random) {
    this.random = random;
  }

  long now() {
    return now;
  }

  void at(long millis, Runnable action) {
    events.add(Math.max(now, millis), action);
  }

  /** Runs the actions due until a time. */
  void runUntil(long millis, Runnable afterEach) {
    while (events.hasDue(millis)) {
      now = events.nextAt();
      events.remove().run();
      afterEach.run();
    }
    now = millis;
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
      at(lastAt, this::deliver);
    }

    private void deliver() {
      if (closed || waiting.isEmpty()) {
        return;
      }
      if (isCut(from, to)) {
        at(now + HELD_BACK_MILLIS, this::deliver);
      } else {
        waiting.remove().run();
      }
    }

    void close() {
      closed = true;
      waiting.clear();
    }
  }

  /** A connection of a sentinel to another process. */
  final class Connection {
    static final Answer REFUSAL = new Answer.Failure("NOAUTH Authentication required.");

    final SimulatedSentinel owner;
    final int incarnation;
    final int link;
    final Link.Kind kind;
    final Address target;
    final Pipe there;
    final Pipe back;
    boolean open;
    private boolean authenticated;

    Connection(SimulatedSentinel owner, int link, Link.Kind kind, Address target) {
      this.owner = owner;
      this.incarnation = owner.incarnation();
      this.link = link;
      this.kind = kind;
      this.target = target;
      this.there = new Pipe(owner.address().toString(), target.toString());
      this.back = new Pipe(target.toString(), owner.address().toString());
    }

    /**
     * Returns true if the peer, given its required password or none, replies with {@link #REFUSAL}.
     */
    boolean isRefused(@Nullable String password, NodeRequest request) {
      if (password == null) {
        return false;
      }
      authenticated |= request.commands().getFirst().equals(List.of("AUTH", password));
      return !authenticated;
    }

    /** Closes the owner's end. */
    void close() {
      open = false;
      there.close();
      back.close();
    }

    /** Closes the peer's end; the owner learns of it once the link permits. */
    void closedByTarget() {
      if (open) {
        open = false;
        there.close();
        back.put(() -> {
          back.close();
          owner.closed(this);
        });
      }
    }
  }

  /** All connections made; closed ones are removed from time to time. */
  static final class Connections {
    private final List<Connection> all = new ArrayList<>();

    void add(Connection connection) {
      all.removeIf(each -> !each.open);
      all.add(connection);
    }

    /** Returns the connections to an address in the order of their creation. */
    List<Connection> to(Address target) {
      return all.stream().filter(each -> each.open && each.target.equals(target)).toList();
    }

    List<Connection> open() {
      return all.stream().filter(each -> each.open).toList();
    }
  }
}
