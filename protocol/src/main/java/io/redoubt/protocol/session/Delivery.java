package io.redoubt.protocol.session;

import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.resp.SharedMessage;

/**
 * Delivers the output of a client to its socket: not before the {@link OutputGate} passes it, as
 * fast as the socket accepts it, and within limits. All replies leave through {@link #flush}.
 */
final class Delivery implements OutputListener, HeldOutput.Member {
  /** The client, as far as its output decides about it. */
  interface Owner {
    /** Schedules a flush at the end of the turn. */
    void flushSoon();

    /** Closes the client at the end of the turn, because its output exceeds the limit. */
    void onOutputLimit();

    /** Pauses or resumes reading, since held output was added or released. */
    void updateReading();
  }

  /** The maximum output pending before authentication, beyond the socket's capacity. */
  private static final long UNAUTHENTICATED_OUTPUT_BYTES = 1024;

  /**
   * The limit of replies to one pipeline of a client that has not authenticated. Redis closes such
   * a client when its replies exceed the fixed buffer that it has per client.
   */
  private static final long UNAUTHENTICATED_PIPELINE_BYTES = 16 * 1024;

  /** The output waiting for the gate above which reading pauses. */
  private static final long MAX_HELD_BYTES = 1 << 20;

  private static final long NO_MARK = -1;

  /** The size of a client's fixed reply buffer in Redis, and of each further block. */
  static final int BLOCK_BYTES = 16 * 1024;

  private final ClientSession session;
  private final ClientSocket socket;
  private final ClientContext context;
  private final Owner owner;
  private final ClientOutput output;

  /**
   * True if the last flush left unsent bytes; until they are sent, replies accumulate in their
   * chunk.
   */
  private boolean socketFull;

  /** The number of flushed reply bytes of a pipeline that has not been executed completely. */
  private long pipelineBytes;

  /** The mark of the gate for which the output passed to the connection waits. */
  private long heldMark = NO_MARK;

  /** The number of the last release of {@link HeldOutput} that included this client. */
  private long lastRelease = -1;

  Delivery(ClientSession session, ClientSocket socket, ClientContext context, Owner owner) {
    this.session = session;
    this.socket = socket;
    this.context = context;
    this.owner = owner;
    output = new ClientOutput(socket, context.memory(), this);
  }

  /** Returns the output before its delivery. */
  ClientOutput output() {
    return output;
  }

  /** Sends the replies so far if the gate permits. */
  void flush() {
    Connection connection = socket.open();
    if (connection == null || session.is(ClientFlag.CLOSE_ASAP) || mustHold(connection)) {
      return;
    }
    if (output.isAwaited()) {
      releaseAwaited();
    }
    if (session.is(ClientFlag.CLOSE_AFTER_REPLY) && !output.isAwaited()) {
      output.replies().handOver();
      connection.closeAfterFlush();
      return;
    }
    if (!socketFull) {
      output.replies().handOver();
    }
    // The limit is checked before the socket accepts part of the output.
    checkLimit();
    if (session.is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    if (!session.isAuthenticated()) {
      pipelineBytes += connection.queuedBytes();
    }
    // Needed even if the socket is full: later chunks wait for a flush.
    connection.flush();
    socketFull = connection.queuedBytes() > 0;
    if (!socketFull && !output.isAwaited()) {
      output.onDrained();
    }
  }

  /**
   * Adds a push message by reference, unless earlier output waits. Returns false if it must be
   * written.
   */
  boolean share(SharedMessage message) {
    Connection connection = socket.open();
    return connection != null
        && !socketFull
        && !isHeld()
        && output.share(message, context.sharedMessages(output.writer().resp()), connection);
  }

  /**
   * Returns true if output must be held back. Output so far then waits in the connection for the
   * gate; later output stays here until that has been sent. This preserves the order, and a client
   * that keeps sending is not held back forever.
   */
  private boolean mustHold(Connection connection) {
    HeldOutput held = context.heldOutput();
    if (isHeld()) {
      if (heldMark > held.gate().passed()) {
        return true;
      }
      releaseHeld(connection);
    }
    if (output.replies().pendingBytes() == 0) {
      return false;
    }
    long mark = held.gate().mark();
    if (socket.isReleased()) {
      return true; // closed by mark()
    }
    if (mark <= held.gate().passed()) {
      return false;
    }
    output.replies().handOver();
    checkLimit();
    heldMark = mark;
    held.add(this);
    return true;
  }

  /** Releases output that no longer waits for replicas, and registers the rest. */
  private void releaseAwaited() {
    AwaitedReplies awaited = output.awaited();
    HeldOutput held = context.heldOutput();
    if (awaited == null) {
      return;
    }
    if (awaited.isUnmarked()) {
      long mark = held.gate().mark();
      if (socket.isReleased()) {
        return; // closed by mark()
      }
      if (awaited.mark(mark)) {
        held.replicaWaits().await(awaited);
      }
    }
    output.releaseAwaited(awaited, held.gate().passed());
    if (awaited.waitsForGateOnly()) {
      heldMark = held.gate().mark();
      held.add(this);
      if (heldMark <= held.gate().passed()) {
        owner.flushSoon(); // mark() has made it pass
      }
    }
    owner.updateReading();
  }

  private void releaseHeld(Connection connection) {
    heldMark = NO_MARK;
    connection.flush();
    owner.updateReading();
  }

  /** Resets the count of reply bytes, because the pipeline has been executed completely. */
  void onPipelineEnd() {
    pipelineBytes = 0;
  }

  /** Called when the socket has accepted all output. */
  void onSocketDrained() {
    socketFull = false;
    output.onDrained();
  }

  /** Returns true if held output exceeds the limit at which reading pauses. */
  boolean exceedsHeldLimit() {
    return (isHeld() || output.isAwaited()) && queuedBytes() > MAX_HELD_BYTES;
  }

  @Override
  public long heldMark() {
    return heldMark;
  }

  @Override
  public long lastRelease() {
    return lastRelease;
  }

  @Override
  public void release(long number) {
    lastRelease = number;
    flush();
  }

  @Override
  public boolean isHeld() {
    return heldMark != NO_MARK;
  }

  /** Returns true if some output has not been released to the socket. */
  boolean hasHeldOutput() {
    return isHeld() || output.isAwaited() || output.replies().pendingBytes() > 0;
  }

  /** Returns the bytes of replies that the socket has not accepted yet. */
  long queuedBytes() {
    Connection connection = socket.open();
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
   * Returns the number of waiting bytes that don't count towards the limit. In Redis they fit the
   * fixed buffer of a client, which is not used for replies of deferred length.
   */
  int unlimitedBytes() {
    return output.replies().isDeferring() ? 0 : BLOCK_BYTES;
  }

  /** Returns the reply bytes not yet accepted by, or not yet offered to, the socket. */
  long unsentBytes() {
    Connection connection = socket.open();
    return connection == null
        ? 0
        : connection.queuedBytes()
            + output.pushBytes()
            + output.awaitedBytes()
            + output.replies().pendingBytes();
  }

  /**
   * Returns the size of the window that is kept beyond the turn because its content has to wait, in
   * bytes. Other windows return to the loop at the end of the turn.
   */
  private long waitingWindowBytes() {
    long free = output.freeAwaitedBytes();
    return socketFull || isHeld() ? free + output.replies().windowBytes() : free;
  }

  @Override
  public void onFull() {
    checkLimit();
  }

  @Override
  public void onSent(long bytes) {
    context.countOutput(bytes);
  }

  @Override
  public void flushSoon() {
    owner.flushSoon();
  }

  @Override
  public boolean isReleased() {
    return socket.isReleased();
  }

  /** Returns an estimate of the Java heap that waiting output takes, in bytes. */
  long heapBytes() {
    return Connection.queuedHeapBytes(queuedBytes());
  }

  /** Returns the memory of waiting output, in bytes. */
  long memoryBytes() {
    return waitingWindowBytes() + queuedBytes();
  }

  /** Returns the size of its buffers, in bytes. */
  long bufferBytes() {
    return output.replies().windowBytes() + queuedBytes();
  }

  /** Schedules the closing of the client if its pending output exceeds the limit. */
  void checkLimit() {
    if (session.is(ClientFlag.MASTER) || session.is(ClientFlag.CLOSE_ASAP) || socket.isReleased()) {
      return;
    }
    long queued = queuedBytes();
    if (queued == 0) {
      return;
    }
    boolean over =
        !session.isAuthenticated()
            && ((socketFull && queued > UNAUTHENTICATED_OUTPUT_BYTES)
                || pipelineBytes + queued > UNAUTHENTICATED_PIPELINE_BYTES);
    if (over
        || output.exceeds(
            context.settings().outputLimit(session.type()),
            queued - unlimitedBytes(),
            context.clock())) {
      context.countOutputLimitDisconnection();
      owner.onOutputLimit();
    }
  }
}
