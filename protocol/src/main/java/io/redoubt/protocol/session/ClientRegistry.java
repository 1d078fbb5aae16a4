package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.AclLog;
import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.LimitedLog;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.blocking.Waiting;
import io.redoubt.protocol.session.input.QueryExcerpt;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All clients of a process and their shared context: executor of requests, users, channels, limits,
 * pauses. Also finishes each turn of the loop: clients that were written to, unblocked or scheduled
 * for closing during the turn are flushed, resumed or closed in one task. Used by the event loop
 * only.
 */
public final class ClientRegistry {
  /** The measured heap size of a connection and its buffers, in addition to that of its client. */
  private static final long CONNECTION_BYTES = 3000;

  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final BufferMemory memory;
  private final SessionSettings settings;
  private final Users users;
  private final AclLog aclLog;
  private final Channels channels;
  private final Dispatcher dispatcher;

  private final Map<Long, Client> clients = new LinkedHashMap<>();
  private final Admission admission = new Admission(this);
  private final Pauses pauses;
  private final TrackedClients trackedClients;
  private final ClientMemory clientMemory;
  private final HeldOutput heldOutput = new HeldOutput();
  private ReplicaWaits replicaWaits = ReplicaWaits.NONE;
  private final RequestExecutor executor;
  private final ArrayList<Client> turn = new ArrayList<>();
  private final Runnable endTurn = this::endTurn;
  private boolean endTurnScheduled;
  private long lastId;
  private int blocked;
  private int timedWaits;
  private boolean halted;
  private final RecentPeaks peaks = new RecentPeaks();

  private long inputBytes;
  private long outputBytes;
  private long heapEvictions;
  private long outputLimitDisconnections;
  private long queryLimitDisconnections;
  private final LimitedLog attacks;

  /**
   * Creates a registry without clients.
   *
   * @param loop the event loop
   * @param environment the time, and the log of closed clients
   * @param memory allocates buffers of pending requests
   * @param settings the configuration
   * @param users the users
   * @param channels the subscriptions
   * @param dispatcher executes requests
   * @param trackedClients the clients with client-side caching; remains empty in a process without
   *     keys
   */
  public ClientRegistry(
      Loop loop,
      Environment environment,
      BufferMemory memory,
      SessionSettings settings,
      Users users,
      Channels channels,
      Dispatcher dispatcher,
      TrackedClients trackedClients) {
    this.loop = loop;
    this.clock = environment.clock();
    this.log = environment.log();
    this.attacks = new LimitedLog(log, clock, 1);
    this.memory = memory;
    this.settings = settings;
    this.users = users;
    aclLog = new AclLog(settings::aclLogMaxLen);
    this.channels = channels;
    this.dispatcher = dispatcher;
    this.trackedClients = trackedClients;
    pauses = new Pauses(loop, clock);
    clientMemory = new ClientMemory(settings, clients.values(), log);
    executor = new RequestExecutor(this, dispatcher);
  }

  // ---- end of service

  /**
   * Stops the execution of requests for good, since the process ends and their effects would be
   * lost.
   */
  public void halt() {
    halted = true;
  }

  /** Returns true once no request is executed any more. */
  public boolean isHalted() {
    return halted;
  }

  // ---- connections

  /** Returns the acceptor of new connections. */
  public Admission admission() {
    return admission;
  }

  long nextId() {
    return ++lastId;
  }

  public void add(Client client) {
    clients.putIfAbsent(client.id(), client);
  }

  public void remove(Client client) {
    clients.remove(client.id());
    pauses.forget(client);
  }

  /**
   * Returns all clients in the order of their ids, as a snapshot that may be iterated while clients
   * close.
   */
  public List<Client> all() {
    return new ArrayList<>(clients.values());
  }

  /**
   * Returns a live view of all clients, for counting; no client may be closed during an iteration.
   */
  public Collection<Client> view() {
    return Collections.unmodifiableCollection(clients.values());
  }

  /** Returns the client with the id, or null. */
  public @Nullable Client byId(long id) {
    return clients.get(id);
  }

  /** Returns the number of clients. */
  public int count() {
    return clients.size();
  }

  /** Returns the number of clients of a type. */
  public int count(ClientType type) {
    int count = 0;
    for (Client client : clients.values()) {
      count += client.type() == type ? 1 : 0;
    }
    return count;
  }

  /** Returns the number of blocked clients. */
  public int blockedCount() {
    return blocked;
  }

  /**
   * Ends waits with an error and closes the clients, because nothing can unblock them after a
   * change of role.
   */
  public void endWaits(CommandError error) {
    for (Client client : all()) {
      Waiting waiting = client.waiting();
      if (waiting != null && waiting.endsWithRole()) {
        client.unblock(error);
        client.closeAfterReply();
      }
    }
  }

  void blockedChanged(int difference) {
    blocked += difference;
  }

  /** Returns the number of waits with a timeout. */
  public int timedWaits() {
    return timedWaits;
  }

  void timedWaitsChanged(int difference) {
    timedWaits += difference;
  }

  /** Closes the clients of a user. */
  public void closeClientsOf(User user) {
    for (Client client : all()) {
      if (client.user() == user) {
        closeOrFinish(client);
      }
    }
  }

  /** Closes a client, after the reply if its command is running. */
  public void closeOrFinish(Client client) {
    if (client.isExecuting()) {
      client.closeAfterReply();
    } else {
      client.close();
    }
  }

  // ---- memory

  /** Returns the total memory of the clients of a type, in bytes: {@link ClientSize#of}. */
  public long memoryBytes(ClientType type) {
    long bytes = 0;
    for (Client client : clients.values()) {
      bytes += client.type() == type ? ClientSize.of(client) : 0;
    }
    return bytes;
  }

  /**
   * Counts a client's memory after a possible change, and evicts the largest clients while the
   * total exceeds {@code maxmemory-clients}.
   */
  void accountMemory(Client client) {
    clientMemory.update(client);
  }

  /** Removes a client's memory from the total. */
  void forgetMemory(Client client) {
    clientMemory.forget(client);
  }

  /** Returns an estimate of the Java heap that all clients and their connections take, in bytes. */
  public long heapBytes() {
    long bytes = clients.size() * CONNECTION_BYTES;
    for (Client client : clients.values()) {
      bytes += client.heapBytes();
    }
    return bytes;
  }

  /** Closes the client that uses the most Java heap, if there is one. */
  public void closeLargestOnHeap() {
    Client largest = null;
    for (Client client : clients.values()) {
      boolean evictable = client.type() == ClientType.NORMAL || client.type() == ClientType.PUBSUB;
      if (evictable
          && !client.isEnding()
          && (largest == null || client.heapBytes() > largest.heapBytes())) {
        largest = client;
      }
    }
    if (largest == null) {
      return;
    }
    heapEvictions++;
    log.warning("Closing the client that uses most of the Java heap: %s", largest);
    largest.close();
  }

  // ---- turns

  void atEndOfTurn(Client client) {
    turn.add(client);
    if (!endTurnScheduled) {
      endTurnScheduled = true;
      loop.execute(endTurn);
    }
  }

  private void endTurn() {
    endTurnScheduled = false;
    // Clients added meanwhile are handled by the next task.
    int count = turn.size();
    for (int i = 0; i < count; i++) {
      turn.get(i).endTurn();
    }
    turn.subList(0, count).clear();
  }

  /** Closes idle clients and those that stay above a soft limit; must be called once a second. */
  public void everySecond() {
    long now = clock.wallMillis();
    long idleMillis = settings.idleTimeoutSeconds() * 1000L;
    peaks.nextSecond();
    for (Client client : all()) {
      if (idleMillis > 0
          && now - client.lastInteractionMillis() > idleMillis
          && client.type() == ClientType.NORMAL
          && !client.is(ClientFlag.MONITOR)
          && client.waiting() == null) {
        log.verbose("Closing idle client");
        client.close();
      } else {
        client.delivery().checkLimit(client);
      }
      if (!client.isReleased()) {
        accountMemory(client);
        peaks.observe(ClientSize.ofInputBuffer(client), ClientSize.ofOutputBuffer(client));
      }
    }
  }

  /** Returns the clients whose output waits for the gate. */
  public HeldOutput heldOutput() {
    return heldOutput;
  }

  /** Returns the receiver of output that waits for replicas. */
  ReplicaWaits replicaWaits() {
    return replicaWaits;
  }

  /** Sets the receiver of output that waits for replicas. */
  public void replicaWaits(ReplicaWaits waits) {
    replicaWaits = waits;
  }

  /** Returns the clients with client-side caching. */
  public TrackedClients trackedClients() {
    return trackedClients;
  }

  /** Returns the pauses of clients. */
  public Pauses pauses() {
    return pauses;
  }

  // ---- events of clients

  void logDenial(Client client, Denial denial, String context, ByteString object, ByteString user) {
    aclLog.add(denial, context, object, user, client.toString(), clock.wallMillis());
  }

  void protocolError(Client client, String message, MemorySegment bytes, long from, long to) {
    String text =
        "Protocol error ("
            + message
            + ") from client: "
            + client
            + ". Query buffer during protocol error: "
            + QueryExcerpt.of(bytes, from, to);
    if (client.isMaster()) {
      log.warning("%s", text);
    } else {
      log.verbose("%s", text);
    }
  }

  /** Logs an attempt to send commands by HTTP, at most once a minute. */
  void crossProtocolAttack(Client client) {
    attacks.warning(
        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host:"
            + " commands to Redis. This is likely due to an attacker attempting to use Cross"
            + " Protocol Scripting to compromise your Redis instance. Connection from %s"
            + " aborted.",
        client.address());
  }

  void queryBufferOverflow(Client client, ByteQueue query) {
    queryLimitDisconnections++;
    log.warning(
        "Closing client that reached max query buffer length: %s (qbuf initial bytes: %s)",
        client, QueryExcerpt.of(query));
    client.closeSoon();
  }

  void outputLimitReached(Client client) {
    outputLimitDisconnections++;
    log.warning(
        "Client %s scheduled to be closed ASAP for overcoming of output buffer limits.", client);
  }

  void countInput(long bytes) {
    inputBytes += bytes;
  }

  void countOutput(long bytes) {
    outputBytes += bytes;
  }

  // ---- statistics of INFO

  /** Returns the number of bytes received from clients. */
  public long inputBytes() {
    return inputBytes;
  }

  /** Returns the number of bytes of replies. */
  public long outputBytes() {
    return outputBytes;
  }

  /** Returns the largest input buffer of a client within the last seconds, in bytes. */
  public long recentInputPeakBytes() {
    return peaks.inputBytes();
  }

  /** Returns the largest output buffer of a client within the last seconds, in bytes. */
  public long recentOutputPeakBytes() {
    return peaks.outputBytes();
  }

  /** Returns the number of clients closed to limit the memory of clients. */
  public long clientsEvicted() {
    return clientMemory.evicted() + heapEvictions;
  }

  /** Returns the number of clients closed for exceeding an output limit. */
  public long outputLimitDisconnections() {
    return outputLimitDisconnections;
  }

  /** Returns the number of clients closed for exceeding the query buffer limit. */
  public long queryLimitDisconnections() {
    return queryLimitDisconnections;
  }

  /** Resets the statistics, as CONFIG RESETSTAT does. */
  public void resetStatistics() {
    admission.resetStatistics();
    inputBytes = 0;
    outputBytes = 0;
    clientMemory.resetStatistics();
    heapEvictions = 0;
    outputLimitDisconnections = 0;
    queryLimitDisconnections = 0;
    aclLog.resetTotals();
  }

  // ---- shared context

  /** Returns the executor of the clients' requests. */
  public RequestExecutor executor() {
    return executor;
  }

  /** Returns the dispatcher of requests. */
  public Dispatcher dispatcher() {
    return dispatcher;
  }

  public Loop loop() {
    return loop;
  }

  public Log log() {
    return log;
  }

  /** Returns the clock. */
  public Clock clock() {
    return clock;
  }

  /** Returns the allocator of buffers of pending requests. */
  public BufferMemory memory() {
    return memory;
  }

  /** Returns the size limits of requests. */
  public Limits limits() {
    return settings.requestLimits();
  }

  /** Returns the configuration. */
  public SessionSettings settings() {
    return settings;
  }

  /** Returns the users. */
  public Users users() {
    return users;
  }

  /** Returns the log of denials. */
  public AclLog aclLog() {
    return aclLog;
  }

  /** Returns the subscriptions. */
  public Channels channels() {
    return channels;
  }
}
