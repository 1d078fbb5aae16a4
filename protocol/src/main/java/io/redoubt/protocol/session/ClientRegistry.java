package io.redoubt.protocol.session;

import io.redoubt.protocol.acl.AclLog;
import io.redoubt.protocol.acl.User;
import io.redoubt.protocol.acl.Users;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.pubsub.Channels;
import io.redoubt.protocol.resp.Limits;
import io.redoubt.protocol.session.blocking.Waiting;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All clients of a process: their table, admission, memory and the limits applied once a second. It
 * creates the conductor of their requests ({@link Turn}). Used by the event loop only.
 */
public final class ClientRegistry implements Client.Home {
  /** An estimate of the heap size of a connection and its buffers, in addition to its client. */
  private static final long CONNECTION_BYTES = 3000;

  private final Map<Long, Client> clients = new LinkedHashMap<>();
  private final ClientContext context;
  private final Dispatcher dispatcher;
  private final Admission admission;
  private final TrackedClients trackedClients;
  private final ClientMemory clientMemory;
  private final Turn turn;
  private final RecentPeaks peaks = new RecentPeaks();
  private long heapEvictions;

  /**
   * Creates a registry without clients.
   *
   * @param context the state that the clients share
   * @param dispatcher executes requests
   * @param trackedClients the clients with client-side caching; remains empty in a process without
   *     keys
   */
  public ClientRegistry(
      ClientContext context, Dispatcher dispatcher, TrackedClients trackedClients) {
    this.context = context;
    this.dispatcher = dispatcher;
    this.trackedClients = trackedClients;
    admission = new Admission(context, dispatcher, this::count);
    clientMemory =
        new ClientMemory(
            context.settings(),
            () -> clients.values().stream().map(Client::account).iterator(),
            context.log());
    turn = new Turn(context, dispatcher, clientMemory, trackedClients);
  }

  @Override
  public ClientContext context() {
    return context;
  }

  @Override
  public Turn conductor() {
    return turn;
  }

  // ---- end of service

  /**
   * Stops the execution of requests for good, since the process ends and their effects would be
   * lost.
   */
  public void halt() {
    context.halt();
    for (Client client : all()) {
      if (client.turn().gone) {
        client.closeSoon(); // it waits to execute more, and no event of its connection follows
      }
    }
  }

  // ---- connections

  /** Returns the acceptor of new connections. */
  public Admission admission() {
    return admission;
  }

  @Override
  public void onOpen(Client client) {
    clients.putIfAbsent(client.id(), client);
  }

  @Override
  public void onConnected(Client client) {
    CertificateLogin.attempt(client);
  }

  @Override
  public void onEnd(Client client) {
    trackedClients.stop(client);
    clients.remove(client.id());
    context.pauses().forget(client);
    clientMemory.forget(client.account());
  }

  @Override
  public void stopTracking(Client client) {
    trackedClients.stop(client);
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

  @Override
  public @Nullable Client byId(long id) {
    return clients.get(id);
  }

  public int count() {
    return clients.size();
  }

  public int count(ClientType type) {
    int count = 0;
    for (Client client : clients.values()) {
      count += client.type() == type ? 1 : 0;
    }
    return count;
  }

  public int blockedCount() {
    return context.blocked();
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

  public int timedWaits() {
    return context.timedWaits();
  }

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

  /** Returns the total memory of the clients of a type, in bytes: {@link Client#memoryBytes}. */
  public long memoryBytes(ClientType type) {
    return memoryBytes(type, true);
  }

  /** Returns the total memory of the clients of all other types, in bytes. */
  public long memoryBytesExcept(ClientType type) {
    return memoryBytes(type, false);
  }

  private long memoryBytes(ClientType type, boolean ofType) {
    long bytes = 0;
    for (Client client : clients.values()) {
      bytes += (client.type() == type) == ofType ? client.memoryBytes() : 0;
    }
    return bytes;
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
    context.log().warning("Closing the client that uses most of the Java heap: %s", largest);
    largest.close();
  }

  // ---- limits

  /** Closes idle clients and those that stay above a soft limit; must be called once a second. */
  public void everySecond() {
    long now = context.clock().wallMillis();
    long idleMillis = context.settings().idleTimeoutSeconds() * 1000L;
    peaks.nextSecond();
    for (Client client : all()) {
      if (idleMillis > 0
          && now - client.lastInteractionMillis() > idleMillis
          && client.type() == ClientType.NORMAL
          && !client.is(ClientFlag.MONITOR)
          && client.waiting() == null) {
        context.log().verbose("Closing idle client");
        client.close();
      } else {
        client.delivery().checkLimit();
      }
      if (!client.isReleased()) {
        clientMemory.update(client.account());
        peaks.observe(client.input().bufferBytes(), client.delivery().bufferBytes());
      }
    }
  }

  /** Returns the output that waits for the gate. */
  public HeldOutput heldOutput() {
    return context.heldOutput();
  }

  /**
   * Closes all clients with unreleased output, because it may reflect data that is lost.
   *
   * @return the number of closed clients
   */
  public int closeHeldOutput() {
    context.heldOutput().clear();
    int closed = 0;
    for (Client client : all()) {
      if (client.delivery().hasHeldOutput()) {
        client.close();
        closed++;
      }
    }
    return closed;
  }

  /** Returns the clients with client-side caching. */
  public TrackedClients trackedClients() {
    return trackedClients;
  }

  public Pauses pauses() {
    return context.pauses();
  }

  // ---- statistics of INFO

  public long inputBytes() {
    return context.inputBytes();
  }

  public long outputBytes() {
    return context.outputBytes();
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
    return context.outputLimitDisconnections();
  }

  /** Returns the number of clients closed for exceeding the query buffer limit. */
  public long queryLimitDisconnections() {
    return context.queryLimitDisconnections();
  }

  /** Resets the statistics, as CONFIG RESETSTAT does. */
  public void resetStatistics() {
    admission.resetStatistics();
    context.resetStatistics();
    clientMemory.resetStatistics();
    heapEvictions = 0;
  }

  // ---- shared context

  public Dispatcher dispatcher() {
    return dispatcher;
  }

  public Log log() {
    return context.log();
  }

  public Clock clock() {
    return context.clock();
  }

  /** Returns the allocator of buffers of pending requests. */
  public BufferMemory memory() {
    return context.memory();
  }

  public Limits limits() {
    return context.limits();
  }

  public Users users() {
    return context.users();
  }

  public AclLog aclLog() {
    return context.aclLog();
  }

  public Channels channels() {
    return context.channels();
  }
}
