package io.redoubt.server.replication;

import io.redoubt.protocol.EventQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Time, random source and connections of simulated servers: everything that happens is an event of
 * one queue, and everything random comes from one seed.
 */
final class ReplicationNetwork {
  /** One end's view of a connection. */
  interface End {
    /** Bytes have come. */
    void received(byte[] bytes);

    /** The connection is cut. */
    void cut();
  }

  private final Random random;
  private final EventQueue events = new EventQueue();
  private final List<Wire> wires = new ArrayList<>();
  private long now;
  private long happened;

  ReplicationNetwork(Random random) {
    this.random = random;
  }

  Random random() {
    return random;
  }

  long happened() {
    return happened;
  }

  void later(long delay, Runnable action) {
    events.add(now + delay, action);
  }

  /** Lets the next event happen; false when there is none before that time. */
  boolean step(long until) {
    if (!events.hasDue(until)) {
      now = Math.max(now, until);
      return false;
    }
    now = events.nextAt();
    happened++;
    events.remove().run();
    return true;
  }

  long now() {
    return now;
  }

  /** Cuts some connection, if there is one. */
  void cutAny() {
    if (!wires.isEmpty()) {
      wires.get(random.nextInt(wires.size())).cut();
    }
  }

  Wire connect(End here) {
    Wire wire = new Wire(here);
    wires.add(wire);
    return wire;
  }

  /** A connection: two lines of bytes that are delayed, and broken into pieces on the way. */
  final class Wire {
    private final End[] ends = new End[2];
    private final List<Queue<byte[]>> lines = List.of(new ArrayDeque<>(), new ArrayDeque<>());
    private final long[] lastArrival = new long[2];
    private boolean open = true;

    private Wire(End caller) {
      ends[0] = caller;
      ends[1] = caller; // until it is accepted
    }

    void accepted(End callee) {
      ends[1] = callee;
    }

    boolean isOpen() {
      return open;
    }

    /** Sends from the caller (0) or the one called (1) to the other. */
    void send(int from, byte[] bytes) {
      if (!open || bytes.length == 0) {
        return;
      }
      int at = 0;
      while (at < bytes.length) {
        int length = 1 + random.nextInt(Math.min(bytes.length - at, 4000));
        byte[] piece = java.util.Arrays.copyOfRange(bytes, at, at + length);
        at += length;
        lines.get(from).add(piece);
        lastArrival[from] = Math.max(lastArrival[from], now + random.nextInt(20));
        later(
            lastArrival[from] - now,
            () -> {
              byte @Nullable [] arrived = lines.get(from).poll();
              if (open && arrived != null) {
                ends[1 - from].received(arrived);
              }
            });
      }
    }

    /** Cuts it: what is on its way is lost, and both hear of it. */
    void cut() {
      if (open) {
        open = false;
        wires.remove(this);
        lines.forEach(Queue::clear);
        for (End end : ends) {
          later(random.nextInt(10), end::cut);
        }
      }
    }
  }
}
