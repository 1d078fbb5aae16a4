package io.redoubt.server.migrate;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.protocol.session.Pauses;
import io.redoubt.server.client.MigrationTargets;
import io.redoubt.server.client.RequestQueue;
import io.redoubt.server.client.ServerClients;
import io.redoubt.server.execution.Call;
import io.redoubt.server.execution.CommandDispatcher;
import io.redoubt.server.execution.KeyEffects;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.HeldKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The running MIGRATE commands, and a pool of connections to their targets, because keys are often
 * moved one by one. Confined to the event loop.
 */
public final class KeyMigrations {
  private static final long MAX_IDLE_MILLIS = 10_000;
  private static final int MAX_IDLE = 64;

  private final Transport transport;
  private final ServerDirectives settings;
  private final MigrationTargets.Encryption encryption;
  private final Keyspace keyspace;
  private final KeyEffects effects;
  private final CommandDispatcher dispatcher;
  private final BufferMemory memory;
  private final Pauses pauses;
  private final List<TargetConnection> idle = new ArrayList<>();
  private final List<KeyMigration> running = new ArrayList<>();
  private boolean closed;

  /** Creates an empty set of migrations. */
  public KeyMigrations(
      Transport transport,
      ServerDirectives settings,
      MigrationTargets.Encryption encryption,
      Keyspace keyspace,
      KeyEffects effects,
      CommandDispatcher dispatcher,
      ServerClients clients) {
    this.transport = transport;
    this.settings = settings;
    this.encryption = encryption;
    this.keyspace = keyspace;
    this.effects = effects;
    this.dispatcher = dispatcher;
    ClientRegistry registry = clients.registry();
    memory = registry.memory();
    pauses = registry.pauses();
  }

  /** Starts to migrate keys and blocks the calling client. */
  public void start(Call call, MigrateOptions options) {
    KeyMigration started = new KeyMigration(call, options, this);
    running.add(started);
    held().add(started);
    started.begin();
  }

  public int idleCount() {
    return idle.size();
  }

  /** Closes connections that have been idle for ten seconds. */
  public void closeIdle(long nowMillis) {
    idle.removeIf(each -> {
      boolean old = nowMillis - each.usedAtMillis() > MAX_IDLE_MILLIS;
      if (old) {
        each.close();
      }
      return old;
    });
  }

  /** Ends all migrations and closes all connections. */
  public void close() {
    closed = true;
    List.copyOf(running).forEach(KeyMigration::abandon);
    idle.forEach(TargetConnection::close);
    idle.clear();
  }

  private HeldKeys held() {
    return keyspace.held();
  }

  ServerDirectives settings() {
    return settings;
  }

  int keepAliveSeconds() {
    return settings.common.tcpKeepalive.value();
  }

  RequestQueue newQueue() {
    return new RequestQueue(memory, transport.loop());
  }

  /** Takes an idle connection to an address from the pool; returns null if there is none. */
  @Nullable TargetConnection takeIdle(String address) {
    for (Iterator<TargetConnection> all = idle.iterator(); all.hasNext(); ) {
      TargetConnection each = all.next();
      if (each.address().equals(address)) {
        all.remove();
        return each;
      }
    }
    return null;
  }

  /** Returns a connection without outstanding replies to the pool. */
  void giveBack(TargetConnection unused, long nowMillis) {
    if (closed) {
      unused.close();
      return;
    }
    if (idle.size() == MAX_IDLE) {
      idle.remove(0).close();
    }
    unused.setUser(null);
    unused.setUsedAtMillis(nowMillis);
    idle.add(unused);
  }

  void forget(TargetConnection lost) {
    idle.remove(lost);
  }

  /**
   * Starts to connect.
   *
   * @throws IOException if the address is invalid or TLS is misconfigured
   */
  TargetConnection connect(
      String host, int port, int timeoutMillis, String address, TargetConnection.User user)
      throws IOException {
    TargetConnection opening = new TargetConnection(this, address, user);
    transport.connect(
        Addresses.of(host, port),
        settings.common.sourceAddress(),
        timeoutMillis,
        encryption.tls(),
        opening);
    return opening;
  }

  /**
   * Returns true if this server may remove keys now: not as a replica, during a pause of writes, or
   * within a unit of execution.
   */
  boolean mayRemove() {
    return keyspace.expiredKeys() == ExpiredKeys.DELETE && !dispatcher.isInUnit();
  }

  /** Removes a migrated key whose client has disconnected. */
  void remove(Database database, long entry) {
    effects.beforeDrop(database, entry);
    database.remove(entry);
    dispatcher.endSlice();
  }

  /** Removes a finished migration and resumes the requests that waited for its keys. */
  void onEnd(KeyMigration over) {
    running.remove(over);
    held().remove(over);
    pauses.recheck();
  }
}
