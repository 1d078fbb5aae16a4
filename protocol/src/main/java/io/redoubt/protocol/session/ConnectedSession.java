package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.process.UserData;
import io.redoubt.protocol.pubsub.Subscriber;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.SharedMessage;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.protocol.session.input.ClientInput;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A session with a connection: the input that has not been executed, the output that has not been
 * sent, and the memory of both.
 */
public abstract class ConnectedSession extends BlockableSession implements Subscriber, UserData {
  /** An estimate of the heap used by a client's objects. */
  private static final long OBJECT_BYTES = 900;

  private final TurnState turn = new TurnState();
  private final ClientSocket socket = new ClientSocket();
  private final ClientInput input;
  private final Delivery delivery;

  /** Creates a session with the next id and without a connection, as the default user. */
  ConnectedSession(ClientContext context) {
    super(context);
    input =
        new ClientInput(context.limits(), context.memory(), context.clock(), context.turnTime());
    input.setAuthenticated(context.users().allowsUnauthenticated());
    delivery = new Delivery(this, socket, context, new OutputOwner());
  }

  /** Closes at the end of the turn; from now on nothing is executed or written. */
  public abstract void closeSoon();

  /**
   * Schedules a flush; required after writing to {@link #reply()} outside of this client's
   * commands.
   */
  public abstract void flushSoon();

  /** Returns the length of the arguments received of its current command, in bytes. */
  abstract long argumentBytes();

  // ---- connection

  public final Connection connection() {
    return socket.connection();
  }

  /** Returns the connection; null before it is attached and after the client has ended. */
  public final @Nullable Connection open() {
    return socket.open();
  }

  /** Returns the peer's address as {@code ip:port}, or the path of a Unix socket. */
  public final String address() {
    return socket.remoteAddress();
  }

  /** Returns the local address as {@code ip:port}. */
  public final String localAddress() {
    return socket.localAddress();
  }

  /**
   * Returns true if it connects from this machine: over a Unix socket or the loopback interface.
   */
  public final boolean isLocal() {
    return socket.isLocal();
  }

  final ClientSocket socket() {
    return socket;
  }

  /** Returns true if the client has ended. */
  public final boolean isReleased() {
    return socket.isReleased();
  }

  /** Returns true if the client executes nothing more and ignores further input. */
  public final boolean isEnding() {
    return isReleased() || is(ClientFlag.CLOSE_ASAP) || is(ClientFlag.CLOSE_AFTER_REPLY);
  }

  // ---- input

  /**
   * Returns true if the next request may run now: the client is not blocked, paused or closing, and
   * the server has not stopped serving.
   */
  public final boolean mayExecute() {
    return !isHeldUp() && !isEnding() && !context().isHalted();
  }

  /** Returns true if received requests have not been executed yet. */
  public final boolean hasRequestsInHand() {
    return turn.decoding || input.inHandBytes() > 0;
  }

  final TurnState turn() {
    return turn;
  }

  final ClientInput input() {
    return input;
  }

  /**
   * Hands the memory of the running request over to the caller, to be freed there; null if the
   * request must be copied.
   */
  public final BufferMemory.@Nullable Block surrenderInput(Request request) {
    return input.surrender(request);
  }

  /**
   * Returns the memory of the running request if nothing else is in it, so that it may be
   * {@linkplain #giveInputAway given away}; otherwise null.
   */
  public final BufferMemory.@Nullable Block inputBlock(Request request) {
    return input.blockOf(request);
  }

  /** Makes the memory of the running request part of the data. The request can still be read. */
  public final void giveInputAway(Request request) {
    BufferMemory.Block block = input.surrender(request);
    if (block != null) {
      context().memory().giveAway(block);
    }
  }

  /** Returns true while one of its commands is running. */
  public final boolean isExecuting() {
    return turn.executing;
  }

  /** Pauses reading while too much input or output is pending. */
  final void updateReading() {
    socket.setReading(!turn.inputEnded && !delivery.exceedsHeldLimit() && !input.exceedsLimit());
  }

  // ---- output

  /**
   * Returns the writer of replies; written bytes are flushed at the end of the current read or
   * turn.
   */
  @Override
  public final ReplyWriter reply() {
    return output().writer();
  }

  /**
   * Sets whether a command of this client's script is running, whose reply goes to the script
   * instead of {@link #reply()}.
   */
  public final void setRepliesToScript(boolean on) {
    output().setRepliesToScript(on);
  }

  /** Sends the replies so far; only needed before the end of a read. */
  public final void flush() {
    delivery.flush();
  }

  final Delivery delivery() {
    return delivery;
  }

  @Override
  public final void confirm(Consumer<ReplyWriter> message) {
    output().writeUnsuppressed(message);
  }

  @Override
  public final void push(Consumer<ReplyWriter> message) {
    if (isReleased() || is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    try {
      if (turn.executing) {
        output().pushAfterReply(message);
        delivery.checkLimit();
      } else {
        output().writeUnsuppressed(message);
        flushSoon();
      }
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  @Override
  public final void push(SharedMessage message) {
    if (isReleased() || is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    try {
      if (!turn.executing && delivery.share(message)) {
        flushSoon();
        return;
      }
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
      return;
    }
    push(message::writeTo);
  }

  /** Writes output delayed until the end of the command. */
  final void afterCommand() {
    try {
      output().afterCommand(waiting() != null);
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  /** Sends push messages before the reply of the running command, which must not have started. */
  public final void pushBeforeReply() {
    try {
      output().writePushes();
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  /**
   * Closes the client because part of its output is lost. The running command, which may be another
   * client's, continues.
   */
  private void noMemoryForOutput(OutOfMemoryError full) {
    context()
        .log()
        .warning(
            "Client %s scheduled to be closed ASAP: out of memory for its output: %s",
            this, full.getMessage());
    closeSoon();
  }

  /**
   * Sends bytes that are no reply to a command of this client, between its replies and even within
   * that of EXEC. CLIENT REPLY discards them like replies.
   */
  public final void feed(MemorySegment from, long offset, long length) {
    if (isEnding()) {
      return;
    }
    try {
      output().feed(from, offset, length);
      flushSoon();
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  /** Sends a message like {@link #feed(MemorySegment, long, long)}, to several clients. */
  public final void feed(SharedMessage message) {
    if (isEnding() || output().discardsFeed()) {
      return;
    }
    try {
      if (!delivery.share(message)) {
        output().writeUnsuppressed(message::writeTo);
      }
      flushSoon();
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  /** Returns true if the client is connected and has a hard output limit. */
  public final boolean hasOutputLimit() {
    return open() != null && context().settings().outputLimit(type()).hardBytes() > 0;
  }

  /** Returns the bytes of replies that the socket has not accepted yet. */
  public final long queuedOutputBytes() {
    return delivery.queuedBytes();
  }

  /** Returns the bytes of replies written so far, sent or not. */
  public final long writtenBytes() {
    return output().replies().writtenBytes();
  }

  /** Sets whether replies and push messages are discarded, as for a master. */
  public final void setMuted(boolean on) {
    output().setMuted(on);
  }

  /** Returns the output before its delivery. */
  public final ClientOutput output() {
    return delivery.output();
  }

  private final class OutputOwner implements Delivery.Owner {
    @Override
    public void flushSoon() {
      ConnectedSession.this.flushSoon();
    }

    @Override
    public void onOutputLimit() {
      context()
          .log()
          .warning(
              "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
              ConnectedSession.this);
      closeSoon();
    }

    @Override
    public void updateReading() {
      ConnectedSession.this.updateReading();
    }
  }

  // ---- memory

  /** Returns an estimate of the Java heap that it takes, in bytes. */
  public long heapBytes() {
    Waiting waits = waiting();
    return OBJECT_BYTES
        + sessionHeapBytes()
        + delivery.heapBytes()
        + (waits == null ? 0 : waits.heapBytes());
  }

  /**
   * Returns its memory in bytes, as shown in CLIENT LIST and counted for the limits: buffered
   * requests and replies, the transaction, and an estimate of its objects.
   */
  public final long memoryBytes() {
    Waiting waits = waiting();
    return heapBytes()
        + input.memoryBytes()
        + delivery.memoryBytes()
        + transactionBytes()
        + (waits == null ? 0 : waits.memoryBytes());
  }

  @Override
  public final String toString() {
    return text(false);
  }

  /** Returns the client as CLIENT LIST shows it; if {@code hidden}, without its names. */
  @Override
  public final String text(boolean hidden) {
    return ClientLine.of(this, context().clock().wallMillis(), hidden);
  }
}
