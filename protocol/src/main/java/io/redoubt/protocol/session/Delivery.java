package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Connection;

/**
 * How the output of a client gets to its socket: not before the {@link OutputGate} lets it through,
 * not faster than the socket takes it, and not without limit.
 */
final class Delivery {
  /** What a client may leave unread, beyond what the socket takes, before it has authenticated. */
  private static final long UNAUTHENTICATED_OUTPUT_BYTES = 1024;

  /**
   * The limit of replies to one pipeline of a client that has not authenticated. Redis closes it
   * when they exceed the fixed buffer that each client has there.
   */
  private static final long UNAUTHENTICATED_PIPELINE_BYTES = 16 * 1024;

  /** A client with more output that waits for the gate is not read. */
  private static final long MOST_HELD_BYTES = 1 << 20;

  private static final long NO_MARK = -1;

  private final ClientOutput output;

  /** The last flush left bytes behind: until they are gone replies fill up their chunk here. */
  private boolean socketFull;

  /** Bytes that were flushed of the replies to a pipeline that has not run to its end. */
  private long pipelineBytes;

  /** Output up to here is with the connection and waits for this mark of the gate. */
  private long heldMark = NO_MARK;

  /** With which group of {@link HeldOutput} it was let go last. */
  private long group = -1;

  Delivery(ClientOutput output) {
    this.output = output;
  }

  /** Sends what was replied so far, if it may leave. */
  void flush(Client client) {
    Connection connection = client.open();
    if (connection == null || client.is(ClientFlag.CLOSE_ASAP) || mustHold(client, connection)) {
      return;
    }
    if (client.is(ClientFlag.CLOSE_AFTER_REPLY)) {
      output.replies().handOver();
      connection.closeAfterFlush();
      return;
    }
    if (!socketFull) {
      output.replies().handOver();
    }
    // What is too much is so before the socket takes some of it.
    checkLimit(client);
    if (client.is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    if (!client.isAuthenticated()) {
      pipelineBytes += connection.queuedBytes();
    }
    // Also when the socket is full: chunks that were filled since wait for it.
    connection.flush();
    socketFull = connection.queuedBytes() > 0;
    if (!socketFull) {
      output.drained();
    }
  }

  /**
   * Whether output must not leave yet. What there is then waits with the connection for the gate;
   * what is written after it stays here until that has left, so that nothing overtakes and nobody
   * who goes on sending waits for ever.
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
      return true; // closed by that
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

  private void letHeldGo(Client client, Connection connection) {
    heldMark = NO_MARK;
    connection.flush();
    client.holdUpReading();
  }

  /** Starts anew to count the replies to a pipeline: all that the client has sent has run. */
  void pipelineFinished() {
    pipelineBytes = 0;
  }

  /** The socket has taken everything. */
  void socketDrained() {
    socketFull = false;
    output.drained();
  }

  /** Whether so much output waits for the gate that nothing more should be read. */
  boolean isTooMuchHeld(Client client) {
    return isHeld() && client.queuedOutputBytes() > MOST_HELD_BYTES;
  }

  /** The mark of the gate that output waits for; only if it {@linkplain #isHeld is held}. */
  long heldMark() {
    return heldMark;
  }

  /** With which group of {@link HeldOutput} output was let go last. */
  long group() {
    return group;
  }

  void group(long number) {
    group = number;
  }

  /** Whether output waits for the gate, so that what follows must wait here. */
  boolean isHeld() {
    return heldMark != NO_MARK;
  }

  /** Whether there is output that has not been let through to the socket. */
  boolean hasUnshownOutput() {
    return isHeld() || output.replies().pendingBytes() > 0;
  }

  /** Bytes of replies that the socket has not taken yet. */
  long queuedBytes(Client client) {
    Connection connection = client.open();
    if (connection == null) {
      return 0;
    }
    ClientReplies replies = output.replies();
    return connection.queuedBytes() + (socketFull ? replies.pendingBytes() : replies.heldBytes());
  }

  /** Closes the client soon if more waits for the socket than it may leave unread. */
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
            registry.settings().outputLimit(client.type()), queued, registry.clock())) {
      registry.outputLimitReached(client);
      client.closeSoon();
    }
  }
}
