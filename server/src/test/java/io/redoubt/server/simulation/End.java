package io.redoubt.server.simulation;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * One end of a connection. Bytes arrive in order, after the delay of the link; while the link is
 * held they wait. A window limits the number of bytes in transit or unread.
 */
final class End {
  private static final int WINDOW_BYTES = 32 * 1024;

  /** The owner of an end, called when its state changes. */
  interface Listener {
    /** The connection is established. */
    default void onConnected() {}

    /** No server listens at the address. */
    default void onRefused() {}

    /** Bytes, the end of input or a reset can be read. */
    void readable();

    /** The window has room again. */
    void writable();
  }

  private final SimulatedNetwork network;
  final String host;
  final int port;
  private final Deque<byte[]> received = new ArrayDeque<>();
  private Listener listener = new NoListener();
  private End peer = this;
  private int offset;
  private int unreadBytes;

  /** The bytes that the peer has not read yet. */
  private int outstandingBytes;

  /** The arrival time of the last sent bytes, in nanoseconds. */
  private long lastArrival;

  /** Deliveries that wait for the release of the link. */
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

  void setListener(Listener newListener) {
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

  /** Returns the number of bytes that the window admits. */
  int room() {
    return Math.max(0, WINDOW_BYTES - outstandingBytes);
  }

  /** Sends bytes, at most {@link #room} of them. */
  void send(byte[] bytes) {
    if (closed) {
      return;
    }
    byte[] passed = network.passed(host, peer.host, bytes);
    outstandingBytes += passed.length;
    travel(passed.length, () -> peer.arrive(passed));
  }

  /** Delays the arrival of all later bytes until a time. */
  void notBefore(long nanos) {
    lastArrival = nanos;
  }

  /** Closes this end; bytes that were sent still arrive. */
  void close() {
    if (!closed) {
      closed = true;
      travel(0, peer::arriveEnd);
      network.forget(this);
    }
  }

  /** Closes this end silently, like a power failure of the host. */
  void vanish() {
    closed = true;
    held.clear();
    network.forget(this);
  }

  /** Answers bytes for a closed end with a reset. */
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

  /** Starts the waiting deliveries if the link is no longer held. */
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

  /** Returns true if bytes, the end of input or a reset can be read. */
  boolean isReadable() {
    return unreadBytes > 0 || ended || reset;
  }

  boolean isReset() {
    return reset;
  }

  int unreadBytes() {
    return unreadBytes;
  }

  /** Reads up to a number of bytes; an empty array is the end of input. */
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
    network.simulation().later(network.delayNanos(host, peer.host), () -> peer.onTaken(room));
    return bytes;
  }

  private void onTaken(int bytes) {
    boolean wasFull = room() == 0;
    outstandingBytes -= bytes;
    if (!closed && wasFull) {
      listener.writable();
    }
  }

  /** The listener of an end that has no owner yet. */
  private static final class NoListener implements Listener {
    @Override
    public void readable() {}

    @Override
    public void writable() {}
  }
}
