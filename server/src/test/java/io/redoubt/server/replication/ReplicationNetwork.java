package io.redoubt.server.replication;

import io.redoubt.protocol.EventQueue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * The clock, random source and connections of simulated servers. All events come from one queue,
 * all random numbers from one seed.
 */
final class ReplicationNetwork {
  /** One end's view of a connection. */
  interface End {
    /** Bytes have arrived. */
    void onBytes(byte[] bytes);

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

  /** Runs the next event; returns false if there is none before a time. */
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

  /** Cuts a random connection, if there is any. */
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

  /** A connection: bytes in both directions are delayed and split into pieces. */
  final class Wire {
    private final End[] ends = new End[2];
    private final List<Queue<byte[]>> lines = List.of(new ArrayDeque<>(), new ArrayDeque<>());
    private final long[] lastArrival = new long[2];
    private boolean open = true;

    private Wire(End caller) {
      ends[0] = caller;
      ends[1] = caller; // until it is accepted
    }

    void setAccepted(End callee) {
      ends[1] = callee;
    }

    boolean isOpen() {
      return open;
    }

    /** Sends bytes from the caller (0) or the callee (1) to the other end. */
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
                ends[1 - from].onBytes(arrived);
              }
            });
      }
    }

    /** Cuts the connection: bytes in flight are lost, and both ends are notified. */
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
