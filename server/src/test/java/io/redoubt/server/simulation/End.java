package io.redoubt.server.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One end of a connection. What is sent arrives in its order, after the delay of the link; while
 * the link is held it waits. So much may be under way or unread, and no more.
 */
final class End {
  private static final int WINDOW_BYTES = 32 * 1024;

  /** Hears what happens to an end. */
  interface Listener {
    /** The connection is made. */
    default void connected() {}

    /** Nobody listens there, or the connection was ended before it was made. */
    default void refused() {}

    /** There are bytes, or the end of them. */
    void readable();

    /** More can be sent. */
    void writable();
  }

  private final SimulatedNetwork network;
  final String host;
  final int port;
  private final Deque<byte[]> received = new ArrayDeque<>();
  private Listener listener = new Nobody();
  private End peer = this;
  private int offset;
  private int unreadBytes;

  /** Bytes that the peer has not read yet. */
  private int outstandingBytes;

  /** When what was sent last arrives. */
  private long lastArrival;

  /** What waits for the link. */
  private final Deque<Runnable> held = new ArrayDeque<>();

  private boolean ended;
  private boolean reset;
  private boolean closed;

  End(SimulatedNetwork network, String host, int port) {
    this.network = network;
    this.host = host;
    this.port = port;
  }

  void join(End other) {
    peer = other;
    other.peer = this;
  }

  void listener(Listener newListener) {
    listener = newListener;
  }

  Listener listener() {
    return listener;
  }

  End peer() {
    return peer;
  }

  boolean isClosed() {
    return closed;
  }

  // Sending.

  /** How many bytes can be sent now. */
  int room() {
    return Math.max(0, WINDOW_BYTES - outstandingBytes);
  }

  /** Sends bytes, no more than there is room for. */
  void send(byte[] bytes) {
    if (closed) {
      return;
    }
    outstandingBytes += bytes.length;
    travel(bytes.length, () -> peer.arrive(bytes));
  }

  /** What is sent arrives later than that. */
  void notBefore(long nanos) {
    lastArrival = nanos;
  }

  /** Ends the connection on this side; what was sent still arrives. */
  void close() {
    if (!closed) {
      closed = true;
      travel(0, peer::arriveEnd);
      network.forget(this);
    }
  }

  /** This side is gone without a word. */
  void vanish() {
    closed = true;
    held.clear();
    network.forget(this);
  }

  /** This side is gone, and whoever sends something is told so. */
  private void refuse() {
    travel(0, peer::arriveReset);
  }

  private void travel(int bytes, Runnable arrival) {
    if (network.isHeld(host, peer.host) || !held.isEmpty()) {
      held.add(() -> start(bytes, arrival));
    } else {
      start(bytes, arrival);
    }
  }

  private void start(int bytes, Runnable arrival) {
    long now = network.simulation().nowNanos();
    long arrives = Math.max(lastArrival, now + network.delayNanos(host, peer.host));
    lastArrival = arrives + bytes * network.nanosAByte(host, peer.host);
    network.simulation().later(lastArrival - now, arrival);
  }

  /** The link lets things pass again. */
  void release() {
    while (!held.isEmpty() && !network.isHeld(host, peer.host)) {
      held.remove().run();
    }
  }

  // Receiving.

  private void arrive(byte[] bytes) {
    if (closed) {
      if (network.isUp(host)) {
        refuse();
      }
    } else if (!ended && !reset) {
      received.add(bytes);
      unreadBytes += bytes.length;
      listener.readable();
    }
  }

  private void arriveEnd() {
    if (!closed) {
      ended = true;
      listener.readable();
    }
  }

  void arriveReset() {
    if (!closed) {
      reset = true;
      received.clear();
      unreadBytes = 0;
      listener.readable();
      listener.writable();
    }
  }

  /** Whether reading brings something, be it the end. */
  boolean isReadable() {
    return unreadBytes > 0 || ended || reset;
  }

  boolean isReset() {
    return reset;
  }

  int unreadBytes() {
    return unreadBytes;
  }

  /** Reads as many bytes as are there and wanted; none at the end. */
  byte[] read(int most) {
    byte[] bytes = new byte[Math.min(most, unreadBytes)];
    int count = 0;
    while (count < bytes.length) {
      byte[] first = received.getFirst();
      int taken = Math.min(first.length - offset, bytes.length - count);
      System.arraycopy(first, offset, bytes, count, taken);
      count += taken;
      offset += taken;
      if (offset == first.length) {
        received.removeFirst();
        offset = 0;
      }
    }
    unreadBytes -= count;
    int room = count;
    network.simulation().later(network.delayNanos(host, peer.host), () -> peer.taken(room));
    return bytes;
  }

  private void taken(int bytes) {
    outstandingBytes -= bytes;
    if (!closed) {
      listener.writable();
    }
  }

  /** Before somebody has taken the connection over. */
  private static final class Nobody implements Listener {
    @Override
    public void readable() {}

    @Override
    public void writable() {}
  }
}
