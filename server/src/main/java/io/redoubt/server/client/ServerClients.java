package io.redoubt.server.client;

import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.session.ClientRegistry;
import io.redoubt.server.keyspace.WatchedKeys;

/**
 * Creates the clients of a data server: for accepted connections, and without a connection to
 * execute a master's stream or an append-only file.
 */
public final class ServerClients {
  private final ClientRegistry registry;
  private final WatchedKeys watchedKeys;
  private final Loop loop;

  /** Creates clients of a registry, which watch keys through {@code watchedKeys}. */
  public ServerClients(ClientRegistry registry, WatchedKeys watchedKeys, Loop loop) {
    this.registry = registry;
    this.watchedKeys = watchedKeys;
    this.loop = loop;
  }

  /** Creates the client of a new connection, or refuses the connection. */
  public void accept(Connection connection) {
    registry.admission().accept(connection, () -> new ServerClient(registry, watchedKeys));
  }

  /**
   * Creates a client that stands for a master: its commands are never refused and get no replies.
   */
  public ServerClient master(int database) {
    ServerClient master = new ServerClient(registry, watchedKeys);
    master.becomeMaster();
    master.selectDatabase(database);
    return master;
  }

  public ClientRegistry registry() {
    return registry;
  }

  /** Returns the event loop that owns the clients. */
  public Loop loop() {
    return loop;
  }
}
