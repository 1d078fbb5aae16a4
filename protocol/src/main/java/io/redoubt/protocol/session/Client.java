package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.process.UserData;
import io.redoubt.protocol.resp.Request;
import io.redoubt.protocol.resp.RequestIndex;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A client: takes the events of its connection, and closes it. Its requests are executed one by one
 * while it {@linkplain #mayExecute() may}; pending ones are kept. {@link Turn} leads them from the
 * connection to the reply. A subclass adds the state specific to a server (database, transaction,
 * ...). Used by the event loop only.
 *
 * <p>A client ends when the peer disconnects, or by {@link #close()} at once, {@link
 * #closeAfterReply()} after its replies were sent, or {@link #closeSoon()} at the end of the turn,
 * which is safe while others iterate over clients or subscribers.
 */
public abstract class Client extends ConnectedSession implements Connection.Handler {
  /** The registry of all clients, as far as a client needs it. */
  public interface Home {
    /** Returns the context of all clients. */
    ClientContext context();

    /** Returns the conductor of the client's requests. */
    Conductor conductor();

    /** Adds a client whose connection is open. */
    void onOpen(Client client);

    /** Logs a client of a new connection in, if its certificate names a user. */
    void onConnected(Client client);

    /** Removes a client that has ended. */
    void onEnd(Client client);

    /** Turns off the client-side caching of a client. */
    void stopTracking(Client client);

    @Nullable Client byId(long id);
  }

  /** Leads the requests of clients through the turns of the loop. */
  public interface Conductor {
    /**
     * Takes bytes in the loop's shared buffer, where they remain until {@link #onReadDone}.
     *
     * @param found the requests that an I/O thread has found in them, or null
     */
    void onBytes(
        Client client, MemorySegment memory, long start, long end, @Nullable RequestIndex found);

    void onReadDone(Client client);

    /** Finishes a client whose peer has ended its output. */
    void onInputEnd(Client client);

    /** Finishes a client whose connection the peer has closed. */
    void onGone(Client client);

    /** Answers a client before the end of its peer's output is known. */
    void onPossibleEnd(Client client);

    /** Finishes a client at the end of the turn: resumes, flushes or closes it. */
    void atEndOfTurn(Client client);

    /** Executes a request of a client that remains blocked meanwhile. */
    void executeAgain(Client client, Request request);

    /** Returns true if the innermost running command is the client's. */
    boolean isCurrent(Client client);

    /** Returns the length of the arguments of the running request, in bytes. */
    long currentArgumentBytes();
  }

  private final Home home;
  private final Conductor conductor;
  private final MemoryAccount account = new MemoryAccount();

  /** Creates a client with the next id, as the default user; {@link #attach} it to a connection. */
  protected Client(Home home) {
    super(home.context());
    this.home = home;
    conductor = home.conductor();
  }

  // ---- life cycle

  /** Releases the resources of the subclass after the client has ended. Called once. */
  protected void onReleased() {}

  /**
   * Starts to serve a connection, which another handler (the master link) may have served before.
   */
  public final void attach(Connection newConnection) {
    socket().attach(newConnection);
    setFlag(ClientFlag.UNIX_SOCKET, newConnection.isUnix());
    home.onOpen(this);
  }

  @Override
  public void onOpen(Connection opened) {
    attach(opened);
    home.onConnected(this);
  }

  @Override
  public void onClose(Connection closed, @Nullable Throwable cause) {
    boolean byPeer = cause == null || cause instanceof IOException;
    if (byPeer && !isEnding()) {
      conductor.onGone(this); // its requests that were received run before
    } else {
      release();
    }
  }

  /** Closes at once. Within its own command use {@link #closeAfterReply()}. */
  public final void close() {
    if (isExecuting()) {
      closeSoon();
      return;
    }
    release();
    socket().close();
  }

  @Override
  public final void closeSoon() {
    if (!isReleased() && !is(ClientFlag.CLOSE_ASAP)) {
      setFlag(ClientFlag.CLOSE_ASAP, true);
      output().discard();
      conductor.atEndOfTurn(this);
    }
  }

  /** Executes no further requests, and closes when the replies have been sent. */
  public final void closeAfterReply() {
    setFlag(ClientFlag.CLOSE_AFTER_REPLY, true);
    conductor.atEndOfTurn(this);
  }

  /** Closes after the reply, and sends the end of the connection in the same packet. */
  public final void closeWithReply() {
    Connection current = open();
    if (current != null) {
      current.holdLastPacket();
    }
    closeAfterReply();
  }

  private void release() {
    if (isReleased()) {
      return;
    }
    socket().release();
    endHoldUp();
    context().channels().forget(this);
    home.onEnd(this);
    if (!isExecuting()) {
      input().discard();
    }
    output().end();
    onReleased();
  }

  // ---- connection

  @Override
  public void onBytes(Connection from, MemorySegment memory, long start, long end) {
    conductor.onBytes(this, memory, start, end, null);
  }

  @Override
  public void onBytes(
      Connection from, MemorySegment memory, long start, long end, @Nullable RequestIndex found) {
    conductor.onBytes(this, memory, start, end, found);
  }

  @Override
  public BufferMemory.@Nullable Block argumentRoom(Connection from) {
    return input().argumentRoom();
  }

  @Override
  public void onReadDone(Connection from) {
    conductor.onReadDone(this);
  }

  @Override
  public void onInputEnd(Connection from) {
    conductor.onInputEnd(this);
  }

  @Override
  public void onPossibleEnd(Connection from) {
    conductor.onPossibleEnd(this);
  }

  @Override
  public void onWritable(Connection to) {
    delivery().onSocketDrained();
    flush();
  }

  // ---- requests

  /** Executes a request again while the client remains blocked. */
  public final void executeAgain(Request request) {
    conductor.executeAgain(this, request);
  }

  /**
   * Returns true if the innermost running command is this client's. A command that serves blocked
   * clients executes theirs within its own.
   */
  final boolean isCurrent() {
    return conductor.isCurrent(this);
  }

  @Override
  final long argumentBytes() {
    return isCurrent() ? conductor.currentArgumentBytes() : input().argumentBytes();
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
    context()
        .attacks()
        .warning(
            "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host:"
                + " commands to Redis. This is likely due to an attacker attempting to use Cross"
                + " Protocol Scripting to compromise your Redis instance. Connection from %s"
                + " aborted.",
            address());
    closeSoon();
    return true;
  }

  @Override
  public final void resumeProcessing() {
    if (!isReleased()) {
      setFlag(ClientFlag.UNBLOCKED, true);
      conductor.atEndOfTurn(this);
    }
  }

  @Override
  public final void flushSoon() {
    conductor.atEndOfTurn(this);
  }

  // ---- session

  /** Resets the shared state to that of a new client, and the subclass's by {@link #onReset()}. */
  public final void reset() {
    context().channels().forget(this);
    home.stopTracking(this);
    resetIdentity();
    output().resetMode();
    reply().setResp(2);
    input().setAuthenticated(isAuthenticated());
    onReset();
  }

  public final void authenticate(User as) {
    setUser(as);
    input().setAuthenticated(true);
  }

  /**
   * Lifts the size limits of requests and output and discards replies, because the peer is the
   * master.
   */
  public final void becomeMaster() {
    setFlag(ClientFlag.MASTER, true);
    setAuthenticated();
    input().fromMaster();
    setMuted(true);
  }

  /** Returns another client of this process, or null. */
  final @Nullable Client other(long id) {
    return home.byId(id);
  }

  // ---- memory

  /** Returns its entry in the accounting of client memory. */
  final ClientMemory.Account account() {
    return account;
  }

  private final class MemoryAccount extends ClientMemory.Account {
    @Override
    boolean isCounted() {
      ClientType type = type();
      return !isEnding() && (type == ClientType.NORMAL || type == ClientType.PUBSUB);
    }

    @Override
    boolean isEvictable() {
      return !is(ClientFlag.NO_EVICT);
    }

    @Override
    long memoryBytes() {
      return Client.this.memoryBytes();
    }

    @Override
    void evict() {
      close();
    }

    @Override
    UserData owner() {
      return Client.this;
    }
  }
}
