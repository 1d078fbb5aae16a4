package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.pubsub.Subscriber;
import io.redoubt.protocol.pubsub.Subscriptions;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.protocol.session.input.ClientInput;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client connection. Its requests are decoded in batches and executed one by one while it
 * {@linkplain #mayExecute() may}; pending ones are kept. Replies are flushed once per read. A
 * subclass adds the state specific to a server (database, transaction, ...). Used by the event loop
 * only.
 *
 * <p>A client ends when the peer disconnects, or by {@link #close()} at once, {@link
 * #closeAfterReply()} after its replies were sent, or {@link #closeSoon()} at the end of the turn,
 * which is safe while others iterate over clients or subscribers.
 */
public abstract class Client extends BlockablePeer implements Connection.Handler, Subscriber {
  /** An estimate of the heap used by a client's objects. */
  private static final long OBJECT_BYTES = 900;

  private static final long MAY_REPLICATE = Flag.WRITE.bit() | Flag.MAY_REPLICATE.bit();

  private final ClientInput input;
  private final ClientOutput output = new ClientOutput();
  private final Delivery delivery = new Delivery(output);
  private final Subscriptions subscriptions = new Subscriptions();

  private final ClientMemory.Account account = new ClientMemory.Account();
  private @Nullable Tracking tracking;

  private boolean executing;
  private boolean released;
  private boolean atEndOfTurn;
  private boolean inNextTurn;
  private boolean readingStopped;
  private boolean inputEnded;

  /** Creates a client with the next id, as the default user; {@link #attach} it to a connection. */
  protected Client(ClientRegistry registry) {
    super(registry);
    input = new ClientInput(registry.limits(), registry.memory(), registry.clock());
    input.authenticated(registry.users().allowsUnauthenticated());
  }

  // ---- state of the server

  /** Returns the index of the selected database. */
  public int databaseIndex() {
    return 0;
  }

  /** Returns the number of commands queued for EXEC, -1 outside of MULTI. */
  public int queuedCommands() {
    return -1;
  }

  /** Returns the size of the commands queued for EXEC, in bytes. */
  public long queuedCommandBytes() {
    return 0;
  }

  /** Returns the memory of the transaction, in bytes. */
  protected long transactionBytes() {
    return 0;
  }

  /**
   * Returns true if the command may change data here and on replicas. EXEC may if a queued command
   * may.
   */
  protected boolean mayReplicate(Command<?> command) {
    return (command.flags() & MAY_REPLICATE) != 0;
  }

  /**
   * Returns the execution context for the ACL log: {@code toplevel}, {@code multi} or {@code lua}.
   */
  protected String aclContext() {
    return "toplevel";
  }

  /** Resets the state of the subclass, for RESET; the caller resets the shared part. */
  protected void onReset() {}

  /** Releases the resources of the subclass after the client has ended. Called once. */
  protected void onReleased() {}

  // ---- life cycle

  /**
   * Starts to serve a connection, which another handler (the master link) may have served before.
   */
  public final void attach(Connection newConnection) {
    connectedBy(newConnection);
    output.replies().attach(this);
    registry().add(this);
  }

  @Override
  public void onOpen(Connection opened) {
    attach(opened);
  }

  @Override
  public void onClose(Connection closed, @Nullable Throwable cause) {
    release();
  }

  /** Closes at once. Within its own command use {@link #closeAfterReply()}. */
  public final void close() {
    if (executing) {
      closeSoon();
      return;
    }
    Connection current = connectionIfAny();
    release();
    if (current != null && current.isOpen()) {
      current.close();
    }
  }

  /** Closes at the end of the turn; from now on nothing is executed or written. */
  public final void closeSoon() {
    if (!released && !is(ClientFlag.CLOSE_ASAP)) {
      flag(ClientFlag.CLOSE_ASAP, true);
      output.discard();
      joinEndOfTurn();
    }
  }

  /** Executes no further requests, and closes when the replies have been sent. */
  public final void closeAfterReply() {
    flag(ClientFlag.CLOSE_AFTER_REPLY, true);
    joinEndOfTurn();
  }

  /** Closes after the reply, and sends the end of the connection in the same packet. */
  public final void closeWithReply() {
    Connection current = open();
    if (current != null) {
      current.holdLastPacket();
    }
    closeAfterReply();
  }

  /** Returns true if the client is connected and has a hard output limit. */
  public final boolean hasOutputLimit() {
    return open() != null && registry().settings().outputLimit(type()).hardBytes() > 0;
  }

  private void release() {
    if (released) {
      return;
    }
    released = true;
    endHoldUp();
    registry().channels().forget(this);
    registry().trackedClients().stop(this);
    registry().remove(this);
    registry().forgetMemory(this);
    if (!executing) {
      input.discard();
    }
    output.end();
    onReleased();
  }

  /** Returns true if the client has ended. */
  public final boolean isReleased() {
    return released;
  }

  // ---- input

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    if (isEnding()) {
      return;
    }
    recordInput(registry().clock().wallMillis());
    registry().countInput(end - start);
    try {
      registry().executor().receive(this, memory, start, end);
      if (input.awaitsLargeArgument()) {
        registry().accountMemory(this); // before other clients' requests see or exceed the limit
      }
    } catch (OutOfMemoryError e) {
      registry().executor().outOfMemory(this, e);
    }
  }

  @Override
  public void onReadDone(Connection from) {
    try {
      endInput();
    } catch (OutOfMemoryError e) {
      registry().executor().outOfMemory(this, e);
    }
  }

  /**
   * Handles the end of the peer's output: answers the remaining requests, then closes. A blocked
   * client is closed at once.
   */
  @Override
  public void onInputEnd(Connection from) {
    inputEnded = true;
    updateReading();
    closeIfAnswered();
  }

  /** Closes if the peer has ended its output and all of its requests have run. */
  private void closeIfAnswered() {
    if (!inputEnded || isEnding() || (mayExecute() && hasMoreToRun())) {
      return;
    }
    if (mayExecute() && type() == ClientType.NORMAL && queuedOutputBytes() > 0) {
      closeAfterReply();
    } else {
      close();
    }
  }

  private boolean hasMoreToRun() {
    return inNextTurn || is(ClientFlag.UNBLOCKED) || hasRequestsInHand();
  }

  /** Finishes a read: executes permitted requests, keeps the rest, and sends the replies. */
  final void endInput() {
    registry().executor().finish(this);
    Connection current = connectionIfAny();
    if (current != null) {
      current.expect(input.missingBytes());
    }
    ByteQueue query = input.kept();
    if (!is(ClientFlag.MASTER)
        && query.usedBytes() > registry().settings().queryBufferLimitBytes()) {
      registry().queryBufferOverflow(this, query);
    }
    continueNextTurn();
    flush();
    if (query.isEmpty()) {
      delivery.pipelineFinished();
    }
    updateReading();
    registry().accountMemory(this);
    closeIfAnswered();
  }

  /**
   * Ends the client's share of this turn; remaining requests run in the next turn, after other
   * clients.
   */
  private void continueNextTurn() {
    RequestExecutor executor = registry().executor();
    if (input.endShare(mayExecute(), executor.waitingForTurn()) && !inNextTurn) {
      inNextTurn = true;
      executor.waitsForTurn(1);
      registry().loop().schedule(this::nextTurn, 0);
    }
  }

  private void nextTurn() {
    inNextTurn = false;
    registry().executor().waitsForTurn(-1);
    if (!released) {
      try {
        registry().executor().executeKept(this);
        endInput();
      } catch (OutOfMemoryError e) {
        registry().executor().outOfMemory(this, e);
      }
    }
  }

  /** Pauses reading while too much input or output is pending. */
  final void updateReading() {
    boolean stop = inputEnded || delivery.exceedsHeldLimit(this) || input.exceedsLimit();
    Connection open = open();
    if (stop != readingStopped && open != null) {
      readingStopped = stop;
      open.reading(!stop);
    }
  }

  @Override
  public void onWritable(Connection to) {
    delivery.socketDrained();
    flush();
  }

  /**
   * Returns true if the next request may run now: the client is not blocked, paused or closing, and
   * the server has not stopped serving.
   */
  public final boolean mayExecute() {
    return !isHeldUp() && !isEnding() && !registry().isHalted();
  }

  /** Returns true if the client executes nothing more and ignores further input. */
  public final boolean isEnding() {
    return released || is(ClientFlag.CLOSE_ASAP) || is(ClientFlag.CLOSE_AFTER_REPLY);
  }

  /** Returns true if received requests have not been executed yet. */
  public final boolean hasRequestsInHand() {
    return input.inHandBytes() > 0;
  }

  /** Returns its input, for the executor of its requests. */
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

  /** Sets whether one of its commands is running. */
  final void executing(boolean on) {
    executing = on;
  }

  /** Returns true while one of its commands is running. */
  public final boolean isExecuting() {
    return executing;
  }

  /**
   * Returns true if the innermost running command is this client's. A command that serves blocked
   * clients executes theirs within its own.
   */
  final boolean isCurrent() {
    return equals(registry().executor().current());
  }

  /**
   * Closes the client if the request is a line of HTTP, since then a browser or another program is
   * being abused to send commands. Must be called for requests that name no command.
   *
   * @return true if the client is being closed
   */
  public final boolean endsCrossProtocol(Request request) {
    if (!request.is(0, "POST") && !request.is(0, "HOST:")) {
      return false;
    }
    registry().crossProtocolAttack(this);
    closeSoon();
    return true;
  }

  /** Writes output delayed until the end of the command. */
  final void afterCommand() {
    try {
      output.afterCommand();
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  @Override
  public final void resumeProcessing() {
    if (!released) {
      flag(ClientFlag.UNBLOCKED, true);
      joinEndOfTurn();
    }
  }

  // ---- output

  /**
   * Returns the writer of replies; written bytes are flushed at the end of the current read or
   * turn.
   */
  @Override
  public final ReplyWriter reply() {
    return output.writer();
  }

  /**
   * Sets whether a command of this client's script is running, whose reply goes to the script
   * instead of {@link #reply()}.
   */
  public final void repliesToScript(boolean on) {
    output.repliesToScript(on);
  }

  /**
   * Schedules a flush; required after writing to {@link #reply()} outside of this client's
   * commands.
   */
  public final void flushSoon() {
    joinEndOfTurn();
  }

  private void joinEndOfTurn() {
    if (!atEndOfTurn && !released) {
      atEndOfTurn = true;
      registry().atEndOfTurn(this);
    }
  }

  /** Finishes a turn of the loop: executes resumed requests, flushes, closes. */
  final void endTurn() {
    atEndOfTurn = false;
    try {
      continueOrClose();
    } catch (OutOfMemoryError e) { // the turns of other clients continue
      registry().executor().outOfMemory(this, e);
    }
  }

  private void continueOrClose() {
    if (is(ClientFlag.CLOSE_ASAP)) {
      close();
      return;
    }
    if (is(ClientFlag.UNBLOCKED)) {
      flag(ClientFlag.UNBLOCKED, false);
      registry().executor().executeKept(this);
      continueNextTurn();
    }
    flush();
    registry().accountMemory(this);
    closeIfAnswered();
  }

  /** Sends the replies so far; only needed before the end of a read. */
  public final void flush() {
    delivery.flush(this);
  }

  final Delivery delivery() {
    return delivery;
  }

  @Override
  public final void confirm(Consumer<ReplyWriter> message) {
    output.writeUnsuppressed(message);
  }

  @Override
  public final void push(Consumer<ReplyWriter> message) {
    if (released || is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    try {
      if (executing) {
        output.pushAfterReply(message, registry().memory());
        delivery.checkLimit(this);
      } else {
        output.writeUnsuppressed(message);
        joinEndOfTurn();
      }
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  /** Sends push messages before the reply of the running command, which must not have started. */
  public final void pushBeforeReply() {
    try {
      output.writePushes();
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  /**
   * Closes the client because part of its output is lost. The running command, which may be another
   * client's, continues.
   */
  private void noMemoryForOutput(OutOfMemoryError full) {
    registry()
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
      output.feed(from, offset, length);
      joinEndOfTurn();
    } catch (OutOfMemoryError full) {
      noMemoryForOutput(full);
    }
  }

  /** Returns the bytes of replies that the socket has not accepted yet. */
  public long queuedOutputBytes() {
    return delivery.queuedBytes(this);
  }

  /** Returns the bytes of replies written so far, sent or not. */
  public long writtenBytes() {
    return output.replies().writtenBytes();
  }

  /** Returns the connection; null before it is attached and after the client has ended. */
  public final @Nullable Connection open() {
    return released ? null : connectionIfAny();
  }

  /** Returns an estimate of the Java heap that it takes, in bytes. */
  public long heapBytes() {
    Waiting waits = waiting();
    return OBJECT_BYTES
        + subscriptions.heapBytes()
        + (tracking == null ? 0 : tracking.heapBytes())
        + (waits == null ? 0 : waits.heapBytes());
  }

  /** Returns its entry in the accounting of client memory. */
  final ClientMemory.Account account() {
    return account;
  }

  /** Sets whether replies and push messages are discarded, as for a master. */
  public final void mute(boolean on) {
    output.mute(on);
  }

  public final ClientOutput output() {
    return output;
  }

  // ---- state

  /** Resets the shared state to that of a new client, and the subclass's by {@link #onReset()}. */
  public final void reset() {
    registry().channels().forget(this);
    registry().trackedClients().stop(this);
    resetIdentity();
    output.mode(ClientOutput.ReplyMode.ON);
    reply().resp(2);
    input.authenticated(isAuthenticated());
    onReset();
  }

  /** Authenticates the client as a user. */
  public final void authenticate(User as) {
    setUser(as);
    input.authenticated(true);
  }

  /**
   * Lifts the size limits of requests and output and discards replies, because the peer is the
   * master.
   */
  public final void becomeMaster() {
    flag(ClientFlag.MASTER, true);
    setAuthenticated();
    input.fromMaster();
    mute(true);
  }

  @Override
  public final Subscriptions subscriptions() {
    return subscriptions;
  }

  /** Returns its client-side caching, or null if that is off. */
  public final @Nullable Tracking tracking() {
    return tracking;
  }

  final void tracking(@Nullable Tracking current) {
    tracking = current;
    flag(ClientFlag.TRACKING, current != null);
    flag(ClientFlag.TRACKING_BROADCAST, current != null && current.mode().broadcast());
    flag(ClientFlag.TRACKING_BROKEN, false);
  }

  /** Returns true if the keys read by the running command must be tracked. */
  public final boolean remembersReads() {
    return tracking != null && tracking.remembersReads();
  }

  /** Returns the id of the client that receives its invalidations: 0 for itself, -1 for none. */
  public final long redirectId() {
    return tracking == null ? -1 : tracking.mode().redirectId();
  }

  /** Updates the flag for subscriptions; must be called after they changed. */
  public final void subscriptionsChanged() {
    flag(ClientFlag.PUBSUB, subscriptions.total() > 0);
  }

  /** Returns true if a pause applies to this command. Replication links are never paused. */
  public final boolean pauses(Command<?> command) {
    Pauses.Scope pause = registry().pauses().current();
    return pause != Pauses.Scope.NOTHING
        && !is(ClientFlag.REPLICA)
        && !is(ClientFlag.MASTER)
        && (pause == Pauses.Scope.ALL || mayReplicate(command));
  }

  public final ClientReplies replies() {
    return output.replies();
  }

  @Override
  public String toString() {
    return ClientLine.of(this, registry().clock().wallMillis());
  }
}
