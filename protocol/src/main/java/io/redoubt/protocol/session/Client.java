package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Flag;
import io.redoubt.protocol.net.Cancellable;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.pubsub.Subscriber;
import io.redoubt.protocol.pubsub.Subscriptions;
import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestDecoder;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Set;
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
public abstract class Client implements Connection.Handler, Subscriber {
  private static final long MAY_REPLICATE = Flag.WRITE.bit() | Flag.MAY_REPLICATE.bit();
  private static final Set<String> IN_SUBSCRIBE_MODE =
      Set.of(
          "ping",
          "subscribe",
          "ssubscribe",
          "unsubscribe",
          "sunsubscribe",
          "psubscribe",
          "punsubscribe",
          "quit",
          "reset");

  private final ClientRegistry registry;
  private final long id;
  private final ReplyWriter reply;
  private final ClientReplies replies;
  private final RequestDecoder decoder;
  private final QueryBuffer query;
  private final Subscriptions subscriptions = new Subscriptions();
  private final long createdMillis;

  private @Nullable Connection connection;
  private User user;
  private boolean authenticated;
  private ByteString name = ByteString.EMPTY;
  private ByteString libName = ByteString.EMPTY;
  private ByteString libVersion = ByteString.EMPTY;
  private @Nullable Command<?> lastCommand;
  private int flags;
  private long lastInteractionMillis;
  private long softLimitSinceMillis = -1;
  private long inputBytes;
  private long outputBytes;
  private long commands;

  private boolean executing;
  private boolean postponed;
  private boolean released;
  private boolean atEndOfTurn;
  private @Nullable ArrayList<byte[]> pushesAfterReply;
  private @Nullable Waiting waiting;
  private @Nullable Cancellable waitTimer;
  private ReplyMode replyMode = ReplyMode.ON;
  private boolean mute;

  /** CLIENT REPLY. */
  enum ReplyMode {
    ON,
    OFF,
    /** The next command has no reply. */
    SKIP_NEXT,
    /** The running command has no reply. */
    SKIP
  }

  /** A client with the next id, as the default user; {@link #attach} it to a connection. */
  protected Client(ClientRegistry registry) {
    this.registry = registry;
    this.id = registry.nextId();
    this.user = registry.users().defaultUser();
    this.authenticated = registry.users().admitsWithoutPassword();
    this.replies = new ClientReplies();
    this.reply = new ReplyWriter(replies);
    this.decoder = new RequestDecoder(registry.limits(), registry.memory());
    this.decoder.authenticated(authenticated);
    this.query = new QueryBuffer(registry.memory());
    this.createdMillis = registry.clock().wallMillis();
    this.lastInteractionMillis = createdMillis;
  }

  // What the server's own state adds.

  /** The selected database. */
  public int databaseIndex() {
    return 0;
  }

  /** How many commands wait for EXEC, or -1 outside of MULTI. */
  public int queuedCommands() {
    return -1;
  }

  /** The memory of the commands that wait for EXEC. */
  public long queuedCommandBytes() {
    return 0;
  }

  /** How many keys are watched. */
  public int watchedKeys() {
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
    connection = newConnection;
    replies.attach(this);
    flag(ClientFlag.UNIX_SOCKET, newConnection.isUnix());
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
    Connection current = connection;
    release();
    if (current != null && current.isOpen()) {
      current.close();
    }
  }

  /** Closes at the end of the turn; runs and writes nothing from now on. */
  public final void closeSoon() {
    if (!released && !is(ClientFlag.CLOSE_ASAP)) {
      flag(ClientFlag.CLOSE_ASAP, true);
      updateSuppression();
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
    updateSuppression();
    Waiting wait = endWait();
    if (wait != null) {
      wait.ended();
    }
    registry.channels().forget(this);
    registry.remove(this);
    if (!executing) {
      query.clear();
    }
    replies.handOver();
    onReleased();
  }

  /** Whether it is gone for good. */
  public final boolean isReleased() {
    return released;
  }

  // Input.

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    if (released || is(ClientFlag.CLOSE_ASAP) || is(ClientFlag.CLOSE_AFTER_REPLY)) {
      return;
    }
    lastInteractionMillis = registry.clock().wallMillis();
    inputBytes += end - start;
    registry.countInput(end - start);
    if (query.isEmpty() && mayExecute()) {
      long rest = process(memory, start, end);
      if (rest < end && !released) {
        query.append(memory, rest, end - rest, decoder.missingBytes() + (end - rest));
      }
    } else {
      query.append(memory, start, end - start, decoder.missingBytes());
      processKept();
    }
    if (!is(ClientFlag.MASTER) && query.usedBytes() > registry.settings().queryBufferLimitBytes()) {
      registry.queryBufferOverflow(this, query);
    }
  }

  @Override
  public void onReadDone(Connection from) {
    flush();
  }

  @Override
  public void onWritable(Connection to) {
    softLimitSinceMillis = -1;
  }

  /**
   * Whether the next request may run now: not blocked, not postponed by a pause, not on its way
   * out.
   */
  public final boolean mayExecute() {
    return waiting == null
        && !postponed
        && !released
        && (flags & (ClientFlag.CLOSE_ASAP.bit() | ClientFlag.CLOSE_AFTER_REPLY.bit())) == 0;
  }

  final void processKept() {
    if (query.isEmpty() || !mayExecute()) {
      return;
    }
    long rest = process(query.memory(), query.start(), query.end());
    if (released || is(ClientFlag.CLOSE_ASAP) || is(ClientFlag.CLOSE_AFTER_REPLY)) {
      query.clear();
    } else {
      query.dropUntil(rest);
    }
  }

  /** Runs what is whole and may run. Returns where the bytes begin that must be kept. */
  private long process(MemorySegment memory, long from, long to) {
    Request[] batch = registry.batch();
    long at = from;
    while (mayExecute()) {
      // Before AUTH the size limits of the next request depend on this one.
      int most = authenticated ? batch.length : 1;
      int count = 0;
      long next = at;
      boolean needsMore = false;
      ProtocolException violation = null;
      while (count < most) {
        long end;
        try {
          end = decoder.decode(memory, next, to, batch[count]);
        } catch (ProtocolException e) {
          violation = e;
          break;
        }
        if (end == RequestDecoder.NEED_MORE) {
          needsMore = true;
          break;
        }
        next = end;
        if (batch[count].count() > 0) {
          count++;
        }
      }
      if (count > 0) {
        registry.dispatcher().lookAhead(this, batch, count);
      }
      for (int i = 0; i < count; i++) {
        if (!mayExecute() || !execute(batch[i])) {
          decoder.reset();
          return batch[i].start();
        }
      }
      at = next;
      if (mayExecute()) {
        if (violation != null) {
          protocolError(violation, memory, at, to);
          return to;
        }
        if (needsMore) {
          return at;
        }
      }
    }
    decoder.reset();
    return at;
  }

  /** Runs one request; returns false when it was postponed and must be run again. */
  private boolean execute(Request request) {
    executing = true;
    try {
      registry.dispatcher().dispatch(this, request);
    } catch (RuntimeException e) {
      registry.log().warning("Unexpected error while serving a client: %s", e);
      closeSoon();
    } finally {
      executing = false;
    }
    if (postponed) {
      return false;
    }
    commands++;
    if (replyMode == ReplyMode.SKIP_NEXT) {
      replyMode = ReplyMode.SKIP;
      updateSuppression();
    } else if (replyMode == ReplyMode.SKIP) {
      replyMode = ReplyMode.ON;
      updateSuppression();
    }
    ArrayList<byte[]> pushes = pushesAfterReply;
    if (pushes != null) {
      pushesAfterReply = null;
      pushes.forEach(bytes -> evenIfSuppressed(writer -> writer.raw(bytes)));
    }
    return true;
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
    registry.postponed(this);
  }

  final void endPostponement() {
    if (postponed) {
      postponed = false;
      resumeProcessing();
    }
  }

  private void protocolError(ProtocolException violation, MemorySegment memory, long at, long to) {
    String message = String.valueOf(violation.getMessage());
    registry.protocolError(this, message, memory, at, to);
    decoder.reset();
    reply.error("ERR " + message);
    closeAfterReply();
  }

  // Blocking.

  /**
   * Blocks: its next requests wait until {@link #unblock()}.
   *
   * @param what is told of the end
   * @param timeoutMillis after which {@link Waiting#timedOut} is called, 0 for never
   */
  public final void block(Waiting what, long timeoutMillis) {
    if (waiting != null) {
      throw new IllegalStateException("already blocked");
    }
    waiting = what;
    flag(ClientFlag.BLOCKED, true);
    registry.blockedChanged(1);
    if (timeoutMillis > 0) {
      waitTimer = registry.loop().schedule(this::timeOut, timeoutMillis);
    }
  }

  /** What it waits for, or null. */
  public final @Nullable Waiting waiting() {
    return waiting;
  }

  /** Ends the wait: the caller writes the reply; kept requests run at the end of the turn. */
  public final void unblock() {
    Waiting wait = endWait();
    if (wait != null) {
      wait.ended();
      resumeProcessing();
    }
  }

  private @Nullable Waiting endWait() {
    Waiting wait = waiting;
    if (wait != null) {
      waiting = null;
      flag(ClientFlag.BLOCKED, false);
      registry.blockedChanged(-1);
      Cancellable timer = waitTimer;
      if (timer != null) {
        timer.cancel();
        waitTimer = null;
      }
    }
    return wait;
  }

  /** Ends the wait as a timeout does. */
  public final void timeOut() {
    Waiting wait = waiting;
    if (wait != null) {
      unblock();
      wait.timedOut();
    }
  }

  /** Runs kept requests at the end of the turn. */
  public final void resumeProcessing() {
    if (!released) {
      flag(ClientFlag.UNBLOCKED, true);
      joinEndOfTurn();
    }
  }

  final int fd() {
    Connection current = connection;
    return current == null ? -1 : current.fd();
  }

  // Output.

  /** Where its replies go; written bytes leave when the current read, or the turn, is done. */
  public final ReplyWriter reply() {
    return reply;
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
      processKept();
    }
    flush();
  }

  private void flush() {
    Connection current = connection;
    if (released || current == null) {
      return;
    }
    replies.handOver();
    if (is(ClientFlag.CLOSE_AFTER_REPLY)) {
      current.closeAfterFlush();
      return;
    }
    current.flush();
    checkOutputLimit();
  }

  @Override
  public final void confirm(Consumer<ReplyWriter> message) {
    evenIfSuppressed(message);
  }

  @Override
  public final void push(Consumer<ReplyWriter> message) {
    if (released || is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    if (executing) {
      try (var collector = new ReplyCollector(registry.memory())) {
        var writer = new ReplyWriter(collector);
        writer.resp(reply.resp());
        message.accept(writer);
        if (pushesAfterReply == null) {
          pushesAfterReply = new ArrayList<>();
        }
        pushesAfterReply.add(collector.toByteArray());
      }
      return;
    }
    evenIfSuppressed(message);
    joinEndOfTurn();
  }

  private void evenIfSuppressed(Consumer<ReplyWriter> message) {
    if (mute || released || is(ClientFlag.CLOSE_ASAP)) {
      return;
    }
    boolean before = reply.isSuppressed();
    reply.suppressed(false);
    try {
      message.accept(reply);
    } finally {
      reply.suppressed(before);
    }
  }

  final void checkOutputLimit() {
    if (is(ClientFlag.MASTER) || is(ClientFlag.CLOSE_ASAP) || released) {
      return;
    }
    long queued = queuedOutputBytes();
    if (queued == 0) {
      return;
    }
    OutputLimit limit = registry.settings().outputLimit(type());
    boolean over = limit.hardBytes() > 0 && queued >= limit.hardBytes();
    if (limit.softBytes() > 0 && queued >= limit.softBytes()) {
      long now = registry.clock().wallMillis();
      if (softLimitSinceMillis < 0) {
        softLimitSinceMillis = now;
      } else if (now - softLimitSinceMillis > limit.softSeconds() * 1000L) {
        over = true;
      }
    } else {
      softLimitSinceMillis = -1;
    }
    if (over) {
      registry.outputLimitReached(this);
      closeSoon();
    }
  }

  /** Bytes of replies that the socket has not taken yet. */
  public long queuedOutputBytes() {
    Connection current = connection;
    return current == null || released ? 0 : current.queuedBytes();
  }

  final void countOutput(long bytes) {
    outputBytes += bytes;
    registry.countOutput(bytes);
  }

  /** Replies vanish for good: a master gets none. */
  public final void mute(boolean on) {
    mute = on;
    updateSuppression();
  }

  /** CLIENT REPLY SKIP; without effect while all replies are off. */
  final void skipNextReply() {
    if (replyMode != ReplyMode.OFF) {
      replyMode(ReplyMode.SKIP_NEXT);
    }
  }

  final void replyMode(ReplyMode mode) {
    replyMode = mode;
    updateSuppression();
  }

  private void updateSuppression() {
    reply.suppressed(
        mute
            || released
            || is(ClientFlag.CLOSE_ASAP)
            || replyMode == ReplyMode.OFF
            || replyMode == ReplyMode.SKIP);
  }

  // State.

  /**
   * RESET: the state of a new client, as far as it is shared; the server's own part through {@link
   * #onReset()}.
   */
  final void reset() {
    registry.channels().forget(this);
    flag(ClientFlag.PUBSUB, false);
    flag(ClientFlag.MONITOR, false);
    flag(ClientFlag.NO_TOUCH, false);
    flag(ClientFlag.NO_EVICT, false);
    replyMode(ReplyMode.ON);
    reply.resp(2);
    name = ByteString.EMPTY;
    user = registry.users().defaultUser();
    authenticated = registry.users().admitsWithoutPassword();
    decoder.authenticated(authenticated);
    onReset();
  }

  /** Becomes that user, authenticated. */
  public final void authenticate(User as) {
    user = as;
    authenticated = true;
    decoder.authenticated(true);
  }

  /** The requests of a master have no size limit; it has no output limit and gets no replies. */
  public final void becomeMaster() {
    flag(ClientFlag.MASTER, true);
    authenticated = true;
    decoder.authenticated(true);
    decoder.fromMaster(true);
    mute(true);
  }

  /** Whether it has the flag. */
  public final boolean is(ClientFlag flag) {
    return (flags & flag.bit()) != 0;
  }

  /** Sets or clears a flag. */
  public final void flag(ClientFlag flag, boolean on) {
    flags = on ? flags | flag.bit() : flags & ~flag.bit();
  }

  /** The class that it belongs to now. */
  public final ClientType type() {
    if (is(ClientFlag.MASTER)) {
      return ClientType.MASTER;
    }
    if (is(ClientFlag.REPLICA) && !is(ClientFlag.MONITOR)) {
      return ClientType.REPLICA;
    }
    return is(ClientFlag.PUBSUB) ? ClientType.PUBSUB : ClientType.NORMAL;
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
    if (!is(ClientFlag.PUBSUB) || reply.resp() != 2 || IN_SUBSCRIBE_MODE.contains(command.name())) {
      return null;
    }
    return new CommandError(
        "ERR Can't execute '"
            + command.name()
            + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this"
            + " context");
  }

  /**
   * The refusal of a request by the user's rules, which is logged, or null. Ask {@link
   * User#isUnrestricted} first.
   */
  public final @Nullable CommandError denied(Command<?> command, Request request) {
    Denial denial = user.check(command, request);
    if (denial == null) {
      return null;
    }
    int argument = user.deniedArgument();
    ByteString object =
        denial == Denial.COMMAND ? ByteString.of(command.name()) : request.string(argument);
    registry.logDenial(this, denial, aclContext(), object);
    return switch (denial) {
      case COMMAND ->
          new CommandError(
              "NOPERM this user has no permissions to run the '" + command.name() + "' command");
      case CHANNEL ->
          new CommandError(
              "NOPERM this user has no permissions to access one of the channels used as"
                  + " arguments");
      default ->
          new CommandError(
              "NOPERM this user has no permissions to access one of the keys used as arguments");
    };
  }

  final void logFailedLogin(ByteString command, ByteString userName) {
    registry
        .aclLog()
        .add(
            Denial.AUTH,
            aclContext(),
            command,
            userName,
            toString(),
            registry.clock().wallMillis());
  }

  /** Whether a pause of clients concerns this command now: then {@link #postpone} it. */
  public final boolean pauses(Command<?> command) {
    return switch (registry.paused()) {
      case NOTHING -> false;
      case WRITES -> mayReplicate(command) && !is(ClientFlag.REPLICA) && !is(ClientFlag.MASTER);
      case ALL -> !is(ClientFlag.REPLICA) && !is(ClientFlag.MASTER);
    };
  }

  /** Whether it is this server's master. */
  public final boolean isMaster() {
    return is(ClientFlag.MASTER);
  }

  /** Whether it may do more than authenticate. */
  public final boolean isAuthenticated() {
    return authenticated || registry.users().admitsWithoutPassword();
  }

  /** Whether its reads leave the access clock of keys alone. */
  public final boolean isNoTouch() {
    return is(ClientFlag.NO_TOUCH);
  }

  /** Whether it comes from this machine: a Unix socket or the loopback interface. */
  public final boolean isLocal() {
    Connection current = connection;
    return current == null || ClientRegistry.isLocal(current);
  }

  /** The connection. */
  public final Connection connection() {
    Connection current = connection;
    if (current == null) {
      throw new IllegalStateException("client " + id + " has no connection");
    }
    return current;
  }

  /** The registry it belongs to. */
  public final ClientRegistry registry() {
    return registry;
  }

  /** Its number, unique in this process, rising from 1. */
  public final long id() {
    return id;
  }

  /** The peer as {@code ip:port}, or the path of a Unix socket. */
  public final String address() {
    Connection current = connection;
    return current == null ? "?:0" : current.remoteAddress();
  }

  /** This end as {@code ip:port}. */
  public final String localAddress() {
    Connection current = connection;
    return current == null ? "?:0" : current.localAddress();
  }

  /** Who it is. */
  public final User user() {
    return user;
  }

  /** The name that it gave itself, empty for none. */
  public final ByteString name() {
    return name;
  }

  /** Gives it a name; empty takes it away. */
  public final void name(ByteString newName) {
    name = newName;
  }

  /** CLIENT SETINFO LIB-NAME. */
  public final ByteString libName() {
    return libName;
  }

  final void libName(ByteString value) {
    libName = value;
  }

  /** CLIENT SETINFO LIB-VER. */
  public final ByteString libVersion() {
    return libVersion;
  }

  final void libVersion(ByteString value) {
    libVersion = value;
  }

  /** The command that it ran last, or runs. */
  public final @Nullable Command<?> lastCommand() {
    return lastCommand;
  }

  /** Set by the dispatcher as soon as the command is known. */
  public final void lastCommand(Command<?> command) {
    lastCommand = command;
  }

  /** When it connected, wall clock in milliseconds. */
  public final long createdMillis() {
    return createdMillis;
  }

  /** When bytes came from it last, wall clock in milliseconds. */
  public final long lastInteractionMillis() {
    return lastInteractionMillis;
  }

  /** Bytes received. */
  public final long inputBytes() {
    return inputBytes;
  }

  /** Bytes given to the socket. */
  public final long outputBytes() {
    return outputBytes;
  }

  /** Commands run. */
  public final long commands() {
    return commands;
  }

  final QueryBuffer query() {
    return query;
  }

  final ClientReplies replies() {
    return replies;
  }

  @Override
  public String toString() {
    return ClientLine.of(this, registry.clock().wallMillis());
  }
}
