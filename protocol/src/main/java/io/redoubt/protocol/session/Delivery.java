package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Connection;

/**
 * Delivers the output of a client to its socket: not before the {@link OutputGate} passes it, as
 * fast as the socket accepts it, and within limits.
 */
final class Delivery {
  /** The maximum output pending before authentication, in addition to what the socket accepts. */
  private static final long UNAUTHENTICATED_OUTPUT_BYTES = 1024;

  /**
   * The limit of replies to one pipeline of a client that has not authenticated. Redis closes it
   * when they exceed the fixed buffer that each client has there.
   */
  private static final long UNAUTHENTICATED_PIPELINE_BYTES = 16 * 1024;

  /** Reading pauses while more output than this waits for the gate. */
  private static final long MAX_HELD_BYTES = 1 << 20;

  private static final long NO_MARK = -1;

  /** The size of the buffer that each client of Redis has, and of each further block of replies. */
  static final int BLOCK_BYTES = 16 * 1024;

  private final ClientOutput output;

  /**
   * True if the last flush left bytes unwritten: until they are written, replies accumulate in
   * their chunk.
   */
  private boolean socketFull;

  /** The number of flushed bytes of replies to a pipeline that has not been executed completely. */
  private long pipelineBytes;

  /** The mark of the gate that output passed to the connection waits for. */
  private long heldMark = NO_MARK;

  /** The number of the last release of {@link HeldOutput} that included this client. */
  private long group = -1;

  Delivery(ClientOutput output) {
    this.output = output;
  }

  /** Sends the replies so far if the gate permits. */
  void flush(Client client) {
    Connection connection = client.open();
    if (connection == null || client.is(ClientFlag.CLOSE_ASAP) || mustHold(client, connection)) {
      return;
    }
    if (output.isAwaited()) {
      releaseAwaited(client);
    }
    if (client.is(ClientFlag.CLOSE_AFTER_REPLY) && !output.isAwaited()) {
      output.replies().handOver();
      connection.closeAfterFlush();
      return;
    }
    if (!socketFull) {
      output.replies().handOver();
    }
    // Checked before the socket accepts part of the output.
    checkLimit(client);
    if (client.is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    if (!client.isAuthenticated()) {
      pipelineBytes += connection.queuedBytes();
    }
    // Also if the socket is full, because chunks filled since then wait for it.
    connection.flush();
    socketFull = connection.queuedBytes() > 0;
    if (!socketFull && !output.isAwaited()) {
      output.drained();
    }
  }

  /**
   * Returns true if output must be held back. Present output then waits with the connection for the
   * gate; later output stays here until that has been sent. This keeps the order, and a client that
   * keeps sending is not held back forever.
   */
  private boolean mustHold(Client client, Connection connection) {
    HeldOutput held = client.registry().heldOutput();
    if (isHeld()) {
      if (heldMark > held.gate().passed()) {
        return true;
      }
      letHeldGo(client, connection);
    }
    if (output.replies().pendingBytes() == 0) {
      return false;
    }
    long mark = held.gate().mark();
    if (client.isReleased()) {
      return true; // closed by the call
    }
    if (mark <= held.gate().passed()) {
      return false;
    }
    output.replies().handOver();
    checkLimit(client);
    heldMark = mark;
    held.add(client);
    return true;
  }

  /** Passes on output that waits no longer for replicas, and registers what still does. */
  private void releaseAwaited(Client client) {
    AwaitedReplies awaited = output.awaited();
    HeldOutput held = client.registry().heldOutput();
    if (awaited == null) {
      return;
    }
    if (awaited.isUnmarked()) {
      long mark = held.gate().mark();
      if (client.isReleased()) {
        return; // closed by the call
      }
      if (awaited.mark(mark)) {
        client.registry().replicaWaits().await(client, awaited);
      }
    }
    output.releaseAwaited(awaited, held.gate().passed());
    if (awaited.waitsForGateOnly()) {
      heldMark = held.gate().mark();
      held.add(client);
      if (heldMark <= held.gate().passed()) {
        client.flushSoon(); // the call has made it pass
      }
    }
    client.updateReading();
  }

  private void letHeldGo(Client client, Connection connection) {
    heldMark = NO_MARK;
    connection.flush();
    client.updateReading();
  }

  /** Resets the count of replies to a pipeline, because all requests have been executed. */
  void pipelineFinished() {
    pipelineBytes = 0;
  }

  /** Called when the socket has accepted all output. */
  void socketDrained() {
    socketFull = false;
    output.drained();
  }

  /** Returns true if held output exceeds the limit at which reading pauses. */
  boolean exceedsHeldLimit(Client client) {
    return (isHeld() || output.isAwaited()) && client.queuedOutputBytes() > MAX_HELD_BYTES;
  }

  /** Returns the mark of the gate that output waits for, if it {@linkplain #isHeld is held}. */
  long heldMark() {
    return heldMark;
  }

  /** Returns the number of the last release of {@link HeldOutput} that included this client. */
  long group() {
    return group;
  }

  void group(long number) {
    group = number;
  }

  /** Returns true if output waits for the gate, so that later output must wait, too. */
  boolean isHeld() {
    return heldMark != NO_MARK;
  }

  /** Returns true if some output has not been released to the socket. */
  boolean hasHeldOutput() {
    return isHeld() || output.isAwaited() || output.replies().pendingBytes() > 0;
  }

  /** Returns the bytes of replies that the socket has not accepted yet. */
  long queuedBytes(Client client) {
    Connection connection = client.open();
    if (connection == null) {
      return 0;
    }
    ClientReplies replies = output.replies();
    return connection.queuedBytes()
        + output.pushBytes()
        + output.awaitedBytes()
        + (socketFull ? replies.pendingBytes() : replies.heldBytes());
  }

  /**
   * Returns the number of waiting bytes that do not count towards the limit: those for which each
   * client of Redis has a buffer anyway, which takes no replies of deferred length.
   */
  int unlimitedBytes() {
    return output.replies().isDeferring() ? 0 : BLOCK_BYTES;
  }

  /** Returns the bytes of replies that the socket has not accepted or not been offered yet. */
  long unsentBytes(Client client) {
    Connection connection = client.open();
    return connection == null
        ? 0
        : connection.queuedBytes()
            + output.pushBytes()
            + output.awaitedBytes()
            + output.replies().pendingBytes();
  }

  /**
   * Returns the size of the window that outlasts the turn because its content has to wait, in
   * bytes. Other windows go back to the loop at the end of the turn.
   */
  long waitingWindowBytes() {
    long free = output.freeAwaitedBytes();
    return socketFull || isHeld() ? free + output.replies().windowBytes() : free;
  }

  /** Closes the client soon if its pending output exceeds the limit. */
  void checkLimit(Client client) {
    if (client.is(ClientFlag.MASTER) || client.is(ClientFlag.CLOSE_ASAP) || client.isReleased()) {
      return;
    }
    long queued = client.queuedOutputBytes();
    if (queued == 0) {
      return;
    }
    ClientRegistry registry = client.registry();
    boolean over =
        !client.isAuthenticated()
            && ((socketFull && queued > UNAUTHENTICATED_OUTPUT_BYTES)
                || pipelineBytes + queued > UNAUTHENTICATED_PIPELINE_BYTES);
    if (over
        || output.exceeds(
            registry.settings().outputLimit(client.type()),
            queued - unlimitedBytes(),
            registry.clock())) {
      registry.outputLimitReached(client);
      client.closeSoon();
    }
  }
}
