package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.AclLog;
import io.redoubt.protocol.acl.Denial;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All clients of a process, and what they share: the dispatcher, the batch of decoded requests,
 * users, channels, limits, the pause. The end of a turn of the loop is handled here as well:
 * clients that were written to, unblocked or told to close during the turn are flushed, resumed and
 * closed in one task. Belongs to the loop.
 */
public final class ClientRegistry {
  private static final long ATTACK_LOG_MILLIS = 60_000;

  private final Loop loop;
  private final Clock clock;
  private final Log log;
  private final BufferMemory memory;
  private final Limits limits;
  private final SessionSettings settings;
  private final Users users;
  private final AclLog aclLog;
  private final Channels channels;
  private final Dispatcher dispatcher;

  private final Map<Long, Client> clients = new LinkedHashMap<>();
  private final Admission admission = new Admission(this);
  private final Pauses pauses;
  private final HeldOutput heldOutput = new HeldOutput();
  private RequestBatch batch;
  private final ArrayList<Client> turn = new ArrayList<>();
  private final Runnable endTurn = this::endTurn;
  private boolean endTurnScheduled;
  private long lastId;
  private int blocked;

  private long inputBytes;
  private long outputBytes;
  private long evictableBytes;
  private long clientsEvicted;
  private long outputLimitDisconnections;
  private long queryLimitDisconnections;
  private long attackLoggedMillis;

  /**
   * No clients yet.
   *
   * @param loop where everything happens
   * @param clock the time
   * @param log where closed clients are told
   * @param memory where requests are kept that cannot run yet
   * @param limits of a request's parts
   * @param settings the configuration
   * @param users who clients can be
   * @param aclLog where refusals go
   * @param channels what clients can be subscribed to
   * @param dispatcher what runs requests
   */
  public ClientRegistry(
      Loop loop,
      Clock clock,
      Log log,
      BufferMemory memory,
      Limits limits,
      SessionSettings settings,
      Users users,
      AclLog aclLog,
      Channels channels,
      Dispatcher dispatcher) {
    this.loop = loop;
    this.clock = clock;
    this.log = log;
    this.memory = memory;
    this.limits = limits;
    this.settings = settings;
    this.users = users;
    this.aclLog = aclLog;
    this.channels = channels;
    this.dispatcher = dispatcher;
    pauses = new Pauses(loop, clock);
    batch = new RequestBatch(dispatcher);
  }

  // Connections.

  /** Where new connections come in. */
  public Admission admission() {
    return admission;
  }

  long nextId() {
    return ++lastId;
  }

  void add(Client client) {
    clients.putIfAbsent(client.id(), client);
  }

  void remove(Client client) {
    clients.remove(client.id());
    pauses.forget(client);
  }

  /** All clients in the order of their ids; a snapshot that may be walked while clients go. */
  public List<Client> all() {
    return new ArrayList<>(clients.values());
  }

  /** All clients as they are, for counting; nothing may close a client meanwhile. */
  public Collection<Client> view() {
    return Collections.unmodifiableCollection(clients.values());
  }

  /** The client of that id, or null. */
  public @Nullable Client byId(long id) {
    return clients.get(id);
  }

  /** How many clients there are. */
  public int count() {
    return clients.size();
  }

  /** How many clients of a type there are. */
  public int count(ClientType type) {
    int count = 0;
    for (Client client : clients.values()) {
      count += client.type() == type ? 1 : 0;
    }
    return count;
  }

  /** How many clients are blocked. */
  public int blockedCount() {
    return blocked;
  }

  /** Ends all waits with an error, and closes those who waited: what they wait for cannot come. */
  public void endWaits(String error) {
    for (Client client : all()) {
      if (client.waiting() != null) {
        client.unblock();
        client.reply().error(error);
        client.closeAfterReply();
      }
    }
  }

  void blockedChanged(int difference) {
    blocked += difference;
  }

  /**
   * Closes the clients that are these users, or all that may no longer be subscribed to what they
   * are.
   */
  void closeClientsOf(User user) {
    for (Client client : all()) {
      if (client.user() == user) {
        closeOrFinish(client);
      }
    }
  }

  /** Closes a client; one whose command is running gets its reply first. */
  public void closeOrFinish(Client client) {
    if (client.isExecuting()) {
      client.closeAfterReply();
    } else {
      client.close();
    }
  }

  // Memory.

  /** What the clients of a type take together, in bytes: {@link Client#memoryBytes}. */
  public long memoryBytes(ClientType type) {
    long bytes = 0;
    for (Client client : clients.values()) {
      bytes += client.type() == type ? client.memoryBytes() : 0;
    }
    return bytes;
  }

  /**
   * To be called when what a client takes may have changed. Closes the largest clients while all
   * take more than {@code maxmemory-clients} together; not those of replication, nor those with
   * CLIENT NO-EVICT.
   */
  void accountMemory(Client client) {
    long limit = settings.clientMemoryLimitBytes();
    if (limit > 0) {
      evictableBytes += client.accountMemory();
      while (evictableBytes > limit && evictLargest()) {
        // until the rest fits
      }
    }
  }

  /** The client's memory is no longer counted. */
  void forgetMemory(long bytes) {
    evictableBytes -= bytes;
  }

  private boolean evictLargest() {
    Client largest = largestEvictable();
    if (largest == null) {
      return false;
    }
    clientsEvicted++;
    log.notice("Evicting client: %s", largest);
    largest.close();
    return true;
  }

  private @Nullable Client largestEvictable() {
    Client largest = null;
    long most = 0;
    for (Client client : clients.values()) {
      boolean evictable = client.type() == ClientType.NORMAL || client.type() == ClientType.PUBSUB;
      if (evictable && !client.isEnding() && !client.is(ClientFlag.NO_EVICT)) {
        long bytes = client.memoryBytes();
        if (bytes > most) {
          most = bytes;
          largest = client;
        }
      }
    }
    return largest;
  }

  // Turns.

  void atEndOfTurn(Client client) {
    turn.add(client);
    if (!endTurnScheduled) {
      endTurnScheduled = true;
      loop.execute(endTurn);
    }
  }

  private void endTurn() {
    endTurnScheduled = false;
    // Clients may join again while this runs: they are then for the next task.
    int count = turn.size();
    for (int i = 0; i < count; i++) {
      turn.get(i).endTurn();
    }
    turn.subList(0, count).clear();
  }

  /** To be called once a second: closes idle clients and those that stay beyond a soft limit. */
  public void everySecond() {
    long now = clock.wallMillis();
    long idleMillis = settings.idleTimeoutSeconds() * 1000L;
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
      }
    }
  }

  /** Output that waits before it may leave. */
  public HeldOutput heldOutput() {
    return heldOutput;
  }

  /** The pauses of clients. */
  public Pauses pauses() {
    return pauses;
  }

  // What clients report.

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
    long nowMillis = clock.wallMillis();
    if (Math.abs(nowMillis - attackLoggedMillis) > ATTACK_LOG_MILLIS) {
      attackLoggedMillis = nowMillis;
      log.warning(
          "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host:"
              + " commands to Redis. This is likely due to an attacker attempting to use Cross"
              + " Protocol Scripting to compromise your Redis instance. Connection from %s"
              + " aborted.",
          client.address());
    }
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

  // Counts of INFO.

  /** Bytes received from clients. */
  public long inputBytes() {
    return inputBytes;
  }

  /** Bytes of replies. */
  public long outputBytes() {
    return outputBytes;
  }

  /** Clients closed for the memory that all take. */
  public long clientsEvicted() {
    return clientsEvicted;
  }

  /** Clients closed for their output. */
  public long outputLimitDisconnections() {
    return outputLimitDisconnections;
  }

  /** Clients closed for their input. */
  public long queryLimitDisconnections() {
    return queryLimitDisconnections;
  }

  /** CONFIG RESETSTAT. */
  public void resetStatistics() {
    admission.resetStatistics();
    inputBytes = 0;
    outputBytes = 0;
    clientsEvicted = 0;
    outputLimitDisconnections = 0;
    queryLimitDisconnections = 0;
  }

  // What clients and command groups share.

  RequestBatch batch() {
    return batch;
  }

  /** Runs something in which other clients' requests run while those of one are not done. */
  public void nested(Client busy, Runnable task) {
    RequestBatch outer = batch;
    batch = new RequestBatch(dispatcher);
    try {
      outer.runOthers(busy);
      task.run();
    } finally {
      batch = outer;
    }
  }

  Dispatcher dispatcher() {
    return dispatcher;
  }

  Loop loop() {
    return loop;
  }

  Log log() {
    return log;
  }

  /** The time. */
  public Clock clock() {
    return clock;
  }

  /** Where clients keep what cannot run yet. */
  public BufferMemory memory() {
    return memory;
  }

  /** The limits of requests. */
  public Limits limits() {
    return limits;
  }

  /** The configuration. */
  public SessionSettings settings() {
    return settings;
  }

  /** Who clients can be. */
  public Users users() {
    return users;
  }

  /** The log of refusals. */
  public AclLog aclLog() {
    return aclLog;
  }

  /** What clients can be subscribed to. */
  public Channels channels() {
    return channels;
  }
}
