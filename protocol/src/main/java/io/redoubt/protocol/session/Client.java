package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.pubsub.Subscriber;
import io.redoubt.protocol.pubsub.Subscriptions;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection as Redis knows it: its requests are decoded in batches and run one by one as long
 * as it {@linkplain #mayExecute() may}; what could not be run yet is kept. Replies are flushed once
 * a read. A server's own state (database, transaction, ...) is added by a subclass. Belongs to the
 * loop.
 *
 * <p>What ends a client: the peer closes; {@link #close()} at once; {@link #closeAfterReply()} when
 * the replies are sent; {@link #closeSoon()} at the end of the turn, safe while others iterate over
 * clients or subscribers.
 */
public abstract class Client extends Peer implements Connection.Handler, Subscriber {
  /** What a client's objects take on the heap; an estimate. */
  private static final long OBJECT_BYTES = 900;

  private static final long MAY_REPLICATE = Flag.WRITE.bit() | Flag.MAY_REPLICATE.bit();

  private final ClientRegistry registry;
  private final Wait wait = new Wait();
  private final ClientInput input;
  private final ClientOutput output = new ClientOutput();
  private final Delivery delivery = new Delivery(output);
  private final Subscriptions subscriptions = new Subscriptions();

  private long accountedBytes;

  private boolean executing;
  private boolean postponed;
  private boolean released;
  private boolean atEndOfTurn;
  private boolean inNextTurn;
  private boolean readingStopped;
  private boolean inputEnded;

  /** A client with the next id, as the default user; {@link #attach} it to a connection. */
  protected Client(ClientRegistry registry) {
    super(registry.nextId(), registry.users(), registry.clock().wallMillis());
    this.registry = registry;
    input = new ClientInput(registry, registry.users().allowsUnauthenticated());
  }

  // What the server's own state adds.

  /** The selected database. */
  public int databaseIndex() {
    return 0;
  }

  /** Returns true while EXEC or a script runs, within which a command must not block its client. */
  protected boolean deniesBlocking() {
    return false;
  }

  /** How many commands wait for EXEC, or -1 outside of MULTI. */
  public int queuedCommands() {
    return -1;
  }

  /** The memory of the commands that wait for EXEC. */
  public long queuedCommandBytes() {
    return 0;
  }

  /**
   * Whether the command may change data here and on replicas; EXEC does when a command that waits
   * for it does.
   */
  protected boolean mayReplicate(Command<?> command) {
    return (command.flags() & MAY_REPLICATE) != 0;
  }

  /** Where its commands run, for the ACL log: {@code toplevel}, {@code multi} or {@code lua}. */
  protected String aclContext() {
    return "toplevel";
  }

  /** RESET: back to the state of a new client. The shared part is done by the caller. */
  protected void onReset() {}

  /** The client is gone: release what belongs to it. Called once. */
  protected void onReleased() {}

  // Life.

  /**
   * Begins to serve a connection; also takes over one that another handler had so far (the link to
   * a master).
   */
  public final void attach(Connection newConnection) {
    connectedBy(newConnection);
    output.replies().attach(this);
    registry.add(this);
  }

  @Override
  public void onOpen(Connection opened) {
    attach(opened);
  }

  @Override
  public void onClose(Connection closed, @Nullable Throwable cause) {
    release();
  }

  /** Closes now. Within its own command use {@link #closeAfterReply()}. */
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

  /** Closes at the end of the turn; runs and writes nothing from now on. */
  public final void closeSoon() {
    if (!released && !is(ClientFlag.CLOSE_ASAP)) {
      flag(ClientFlag.CLOSE_ASAP, true);
      output.discard();
      joinEndOfTurn();
    }
  }

  /** Runs nothing more, and closes when the replies have been sent. */
  public final void closeAfterReply() {
    flag(ClientFlag.CLOSE_AFTER_REPLY, true);
    joinEndOfTurn();
  }

  private void release() {
    if (released) {
      return;
    }
    released = true;
    endWait();
    endPostponement();
    registry.channels().forget(this);
    registry.remove(this);
    registry.forgetMemory(accountedBytes);
    accountedBytes = 0;
    if (!executing) {
      input.kept().clear();
    }
    output.end();
    onReleased();
  }

  /** Whether it is gone for good. */
  public final boolean isReleased() {
    return released;
  }

  // Input.

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    if (isEnding()) {
      return;
    }
    heard(registry.clock().wallMillis());
    registry.countInput(end - start);
    try {
      input.take(this, memory, start, end);
    } catch (OutOfMemoryError e) {
      outOfMemory(e);
    }
  }

  @Override
  public void onReadDone(Connection from) {
    try {
      endInput();
    } catch (OutOfMemoryError e) {
      outOfMemory(e);
    }
  }

  /** Its requests or replies find no memory: it goes, and gives back what it has. */
  private void outOfMemory(OutOfMemoryError failure) {
    registry.dispatcher().outOfMemory("while serving a client", failure);
    closeSoon();
  }

  /** Answers the requests that are left, then closes; a blocked client is closed at once. */
  @Override
  public void onInputEnd(Connection from) {
    inputEnded = true;
    holdUpReading();
    closeIfAnswered();
  }

  /** Closes if the peer has ended its side and no request of it is left to run. */
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

  /** What has been read has run, as far as it may now: keeps the rest, and sends the replies. */
  final void endInput() {
    input.finish(this);
    Connection current = connectionIfAny();
    if (current != null) {
      current.expect(input.missingBytes());
    }
    ByteQueue query = input.kept();
    if (!is(ClientFlag.MASTER) && query.usedBytes() > registry.settings().queryBufferLimitBytes()) {
      registry.queryBufferOverflow(this, query);
    }
    goOnNextTurn();
    flush();
    if (query.isEmpty()) {
      delivery.pipelineFinished();
    }
    holdUpReading();
    registry.accountMemory(this);
    closeIfAnswered();
  }

  /** Ends its share of this turn; what is left runs in the next one, after the other clients. */
  private void goOnNextTurn() {
    if (input.endShare(this) && !inNextTurn) {
      inNextTurn = true;
      registry.loop().schedule(this::nextTurn, 0);
    }
  }

  private void nextTurn() {
    inNextTurn = false;
    if (!released) {
      try {
        input.runKept(this);
        endInput();
      } catch (OutOfMemoryError e) {
        outOfMemory(e);
      }
    }
  }

  /** Reads nothing while there is too much of it, or of what was replied. */
  final void holdUpReading() {
    boolean stop = inputEnded || delivery.isTooMuchHeld(this) || input.isTooMuch();
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
   * Whether the next request may run now: not blocked, not postponed by a pause, not on its way
   * out.
   */
  public final boolean mayExecute() {
    return !wait.isOn() && !postponed && !isEnding();
  }

  /** Whether it runs nothing more, so that what it has sent is not needed. */
  public final boolean isEnding() {
    return released || is(ClientFlag.CLOSE_ASAP) || is(ClientFlag.CLOSE_AFTER_REPLY);
  }

  /** Whether requests of it that have been read have not all run yet. */
  public final boolean hasRequestsInHand() {
    return input.inHandBytes() > 0;
  }

  /** Called by the batch that a request of this client is in. */
  final void run(Request request) {
    input.run(this, request);
  }

  /** Runs one request; returns false when it was postponed and must be run again. */
  final boolean execute(Request request) {
    executing = true;
    try {
      registry.dispatcher().dispatch(this, request);
    } catch (RuntimeException e) {
      registry.log().warning("Unexpected error while serving a client: %s", e);
      closeSoon();
    } catch (OutOfMemoryError e) {
      outOfMemory(e);
    } finally {
      executing = false;
    }
    if (postponed) {
      return false;
    }
    output.afterCommand();
    registry.accountMemory(this); // it may be closed by that: nothing more of it runs then
    return true;
  }

  /** Runs a request again that blocked it; it is blocked all the while. */
  public final void executeAgain(Request request) {
    execute(request);
  }

  /** Whether one of its commands is running now. */
  public final boolean isExecuting() {
    return executing;
  }

  /**
   * Called in dispatch: the request must not run now, but again when the pause ends. Nothing may
   * have been replied.
   */
  public final void postpone() {
    postponed = true;
    flag(ClientFlag.BLOCKED, true);
    registry.blockedChanged(1);
    registry.pauses().postpone(this);
  }

  final void endPostponement() {
    if (postponed) {
      postponed = false;
      flag(ClientFlag.BLOCKED, false);
      registry.blockedChanged(-1);
      resumeProcessing();
    }
  }

  /**
   * Closes the client if the request is a line of HTTP: somebody has a browser or another program
   * send commands on its behalf. To be called for requests that name no command.
   *
   * @return true if the client is being closed
   */
  public final boolean endsCrossProtocol(Request request) {
    if (!request.is(0, "POST") && !request.is(0, "HOST:")) {
      return false;
    }
    registry.crossProtocolAttack(this);
    closeSoon();
    return true;
  }

  /** Answers bytes that are no requests, and closes. */
  final void protocolError(String message, MemorySegment memory, long at, long to) {
    registry.protocolError(this, message, memory, at, to);
    reply().error("ERR " + message);
    closeAfterReply();
  }

  // Blocking.

  /**
   * Blocks: its next requests wait until {@link #unblock()}.
   *
   * @param what is told of the end
   * @param timeoutMillis after which {@link Waiting#timedOut} is called, 0 for never
   * @throws IllegalStateException within a script or EXEC: the reply would come in addition to that
   *     of the script or of EXEC
   */
  public final void block(Waiting what, long timeoutMillis) {
    if (deniesBlocking()) {
      throw new IllegalStateException("a client must not block within a script or EXEC");
    }
    wait.begin(what, registry.loop(), timeoutMillis, this::timeOut);
    flag(ClientFlag.BLOCKED, true);
    registry.blockedChanged(1);
  }

  /** What it waits for, or null. */
  public final @Nullable Waiting waiting() {
    return wait.waiting();
  }

  /** Ends the wait: the caller writes the reply; kept requests run at the end of the turn. */
  public final void unblock() {
    if (endWait()) {
      resumeProcessing();
    }
  }

  private boolean endWait() {
    if (!wait.end()) {
      return false;
    }
    flag(ClientFlag.BLOCKED, false);
    registry.blockedChanged(-1);
    return true;
  }

  /** Ends the wait as a timeout does. */
  public final void timeOut() {
    Waiting what = wait.waiting();
    if (what != null) {
      unblock();
      what.timedOut();
    }
  }

  /** Runs kept requests at the end of the turn. */
  public final void resumeProcessing() {
    if (!released) {
      flag(ClientFlag.UNBLOCKED, true);
      joinEndOfTurn();
    }
  }

  // Output.

  /** Where its replies go; written bytes leave when the current read, or the turn, is done. */
  public final ReplyWriter reply() {
    return output.writer();
  }

  /**
   * Marks the time in which a command of this client's script runs: its reply goes to the script,
   * so that nothing is written to {@link #reply()}.
   */
  public final void repliesToScript(boolean on) {
    output.repliesToScript(on);
  }

  /** To be called by whoever writes to {@link #reply()} outside of this client's own commands. */
  public final void flushSoon() {
    joinEndOfTurn();
  }

  private void joinEndOfTurn() {
    if (!atEndOfTurn && !released) {
      atEndOfTurn = true;
      registry.atEndOfTurn(this);
    }
  }

  /** The end of a turn of the loop: runs what may run again, flushes, closes. */
  final void endTurn() {
    atEndOfTurn = false;
    if (is(ClientFlag.CLOSE_ASAP)) {
      close();
      return;
    }
    if (is(ClientFlag.UNBLOCKED)) {
      flag(ClientFlag.UNBLOCKED, false);
      input.runKept(this);
      goOnNextTurn();
    }
    flush();
    registry.accountMemory(this);
    closeIfAnswered();
  }

  /** Sends what was replied so far; only needed before the end of a read. */
  public final void flush() {
    delivery.flush(this);
  }

  final Delivery delivery() {
    return delivery;
  }

  @Override
  public final void confirm(Consumer<ReplyWriter> message) {
    output.evenIfSuppressed(message);
  }

  @Override
  public final void push(Consumer<ReplyWriter> message) {
    if (released || is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    if (executing) {
      output.pushAfterReply(message, registry.memory());
    } else {
      output.evenIfSuppressed(message);
      joinEndOfTurn();
    }
  }

  /** Bytes of replies that the socket has not taken yet. */
  public long queuedOutputBytes() {
    return delivery.queuedBytes(this);
  }

  /** The connection, null before there is one and once the client is gone. */
  final @Nullable Connection open() {
    return released ? null : connectionIfAny();
  }

  /**
   * What the client takes, in bytes: its requests and replies in their buffers, its transaction,
   * and an estimate of its objects.
   */
  public final long memoryBytes() {
    ByteQueue query = input.kept();
    return OBJECT_BYTES
        + query.usedBytes()
        + query.freeBytes()
        + output.replies().windowBytes()
        + queuedOutputBytes()
        + queuedCommandBytes();
  }

  /** Counts anew what it takes of {@code maxmemory-clients}; returns the difference in bytes. */
  final long accountMemory() {
    ClientType type = type();
    boolean counts = type == ClientType.NORMAL || type == ClientType.PUBSUB;
    long bytes = counts && !isEnding() ? memoryBytes() : 0;
    long difference = bytes - accountedBytes;
    accountedBytes = bytes;
    return difference;
  }

  /** Replies and pushes vanish: a master gets none. */
  public final void mute(boolean on) {
    output.mute(on);
  }

  final ClientOutput output() {
    return output;
  }

  // State.

  /**
   * RESET: the state of a new client, as far as it is shared; the server's own part through {@link
   * #onReset()}.
   */
  final void reset() {
    registry.channels().forget(this);
    forgetIdentity();
    output.mode(ClientOutput.ReplyMode.ON);
    reply().resp(2);
    input.authenticated(isAuthenticated());
    onReset();
  }

  /** Becomes that user, authenticated. */
  public final void authenticate(User as) {
    login(as);
    input.authenticated(true);
  }

  /** The requests of a master have no size limit; it has no output limit and gets no replies. */
  public final void becomeMaster() {
    flag(ClientFlag.MASTER, true);
    trust();
    input.fromMaster();
    mute(true);
  }

  @Override
  public final Subscriptions subscriptions() {
    return subscriptions;
  }

  /** To be called after its subscriptions changed. */
  final void subscriptionsChanged() {
    flag(ClientFlag.PUBSUB, subscriptions.total() > 0);
  }

  /**
   * The refusal of a command because a RESP2 client with subscriptions may only (un)subscribe,
   * PING, QUIT and RESET; or null.
   */
  public final @Nullable CommandError subscribeModeRefuses(Command<?> command) {
    return is(ClientFlag.PUBSUB) && reply().resp() == 2 ? Refusals.inSubscribeMode(command) : null;
  }

  /**
   * The refusal of a request by the user's rules, which is logged, or null. Ask {@link
   * User#isUnrestricted} first.
   */
  public final @Nullable CommandError denied(Command<?> command, Request request) {
    return Refusals.byRules(this, aclContext(), command, request);
  }

  /**
   * The refusal of a request that was queued when the user's rules still allowed it, which is
   * logged, or null.
   */
  public final @Nullable CommandError deniedSince(Command<?> command, Request request) {
    return Refusals.byChangedRules(this, aclContext(), command, request);
  }

  final void logFailedLogin(ByteString command, ByteString userName) {
    registry.logDenial(this, Denial.AUTH, aclContext(), command, userName);
  }

  /**
   * Whether a pause of clients concerns this command now: then {@link #postpone} it. The links of
   * replication are never paused.
   */
  public final boolean pauses(Command<?> command) {
    Pause pause = registry.pauses().current();
    return pause != Pause.NOTHING
        && !is(ClientFlag.REPLICA)
        && !is(ClientFlag.MASTER)
        && (pause == Pause.ALL || mayReplicate(command));
  }

  /** The registry it belongs to. */
  public final ClientRegistry registry() {
    return registry;
  }

  final long inputInHandBytes() {
    return input.inHandBytes();
  }

  final ByteQueue query() {
    return input.kept();
  }

  final ClientReplies replies() {
    return output.replies();
  }

  @Override
  public String toString() {
    return ClientLine.of(this, registry.clock().wallMillis());
  }
}
