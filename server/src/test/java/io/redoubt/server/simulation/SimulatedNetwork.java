package io.redoubt.server.simulation;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Hosts, identified by their addresses, and a link from each host to each other one, which delays
 * or holds bytes. The links of the two directions are independent. Like TCP, a link loses nothing
 * while both ends exist.
 */
public final class SimulatedNetwork {
  private static final int FIRST_FREE_PORT = 30_000;

  /** Changes the bytes that one host sends to another. */
  @FunctionalInterface
  public interface Tap {
    /** Returns the bytes that arrive instead. */
    byte[] passed(String from, String to, byte[] bytes);
  }

  /** Accepts the connections to an address. */
  interface Acceptor {
    void accept(End end);
  }

  /** One direction between two hosts. */
  private static final class Link {
    long delayNanos = 200_000;
    long nanosAByte;
    boolean held;
  }

  private record Direction(String from, String to) {}

  private final Simulation simulation;
  private final Map<InetSocketAddress, Acceptor> acceptors = new HashMap<>();
  private final Map<Direction, Link> links = new HashMap<>();
  private final Set<String> down = new HashSet<>();

  /** The open ends, in the order of their creation. */
  private final Map<Long, End> ends = new TreeMap<>();

  private final Map<End, Long> numbers = new IdentityHashMap<>();
  private int nextPort = FIRST_FREE_PORT;
  private Tap tap = (from, to, bytes) -> bytes;

  /** Creates a network without hosts. */
  public SimulatedNetwork(Simulation simulation) {
    this.simulation = simulation;
  }

  /** Returns the simulation. */
  public Simulation simulation() {
    return simulation;
  }

  private Link link(String from, String to) {
    return links.computeIfAbsent(new Direction(from, to), direction -> new Link());
  }

  // Links.

  boolean isHeld(String from, String to) {
    return link(from, to).held;
  }

  long delayNanos(String from, String to) {
    long delay = link(from, to).delayNanos;
    return delay / 2 + simulation.random().nextLong(delay + 1);
  }

  long nanosAByte(String from, String to) {
    return link(from, to).nanosAByte;
  }

  /** Sets the mean delay of a direction. */
  public void delay(String from, String to, long micros) {
    link(from, to).delayNanos = micros * 1000;
  }

  /** Sets the bandwidth of a direction, 0 for no limit. */
  public void bandwidth(String from, String to, long bytesASecond) {
    link(from, to).nanosAByte = bytesASecond == 0 ? 0 : 1_000_000_000 / bytesASecond;
  }

  /** Holds the bytes of a direction, or releases them. */
  public void hold(String from, String to, boolean held) {
    link(from, to).held = held;
    if (!held) {
      List.copyOf(ends.values()).forEach(End::release);
    }
  }

  /** Resets the connections between two hosts. */
  public void reset(String one, String other) {
    for (End end : List.copyOf(ends.values())) {
      if (end.host.equals(one) && end.peer().host.equals(other)
          || end.host.equals(other) && end.peer().host.equals(one)) {
        end.arriveReset();
      }
    }
  }

  /** Passes all bytes through a tap, in the pieces in which they are sent. */
  public void setTap(Tap newTap) {
    tap = newTap;
  }

  byte[] passed(String from, String to, byte[] bytes) {
    return tap.passed(from, to, bytes);
  }

  // Hosts.

  boolean isUp(String host) {
    return !down.contains(host);
  }

  /**
   * Takes a host down, or only its server.
   *
   * @param silently true if peers are not notified, as in a power failure
   */
  void down(String host, boolean silently) {
    if (silently) {
      down.add(host);
    }
    acceptors.keySet().removeIf(address -> address.getHostString().equals(host));
    for (End end : List.copyOf(ends.values())) {
      if (end.host.equals(host)) {
        end.setListener(new DownListener());
        if (silently) {
          end.vanish();
        } else {
          end.close();
        }
      }
    }
  }

  void up(String host) {
    down.remove(host);
  }

  // Connections.

  End newEnd(String host, int port) {
    End end = new End(this, host, port == 0 ? nextPort++ : port);
    long number = simulation.nextId();
    ends.put(number, end);
    numbers.put(end, number);
    return end;
  }

  void forget(End end) {
    Long number = numbers.remove(end);
    if (number != null) {
      ends.remove(number);
    }
  }

  void listen(InetSocketAddress address, Acceptor acceptor) throws IOException {
    if (acceptors.putIfAbsent(address, acceptor) != null) {
      throw new BindException("Address already in use");
    }
  }

  void stopListening(InetSocketAddress address, Acceptor acceptor) {
    acceptors.remove(address, acceptor);
  }

  /**
   * Connects an end; its listener receives the outcome unless the link is held or the host is down.
   */
  void connect(End near, InetSocketAddress remote) {
    String host = remote.getAddress().getHostAddress();
    if (isHeld(near.host, host) || isHeld(host, near.host)) {
      return;
    }
    simulation.later(
        delayNanos(near.host, host),
        () -> {
          if (!isUp(host) || near.isClosed()) {
            return;
          }
          Acceptor acceptor = acceptors.get(remote);
          long back = delayNanos(host, near.host);
          if (acceptor == null) {
            simulation.later(back, () -> near.listener().onRefused());
            return;
          }
          End far = newEnd(host, remote.getPort());
          far.join(near);
          far.notBefore(simulation.nowNanos() + back);
          acceptor.accept(far);
          simulation.later(back, () -> near.listener().onConnected());
        });
  }

  /** The listener of a host that is down. */
  private static final class DownListener implements End.Listener {
    @Override
    public void readable() {}

    @Override
    public void writable() {}
  }
}
