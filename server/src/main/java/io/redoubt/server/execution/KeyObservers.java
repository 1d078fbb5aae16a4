package io.redoubt.server.execution;

import io.redoubt.server.client.ServerClient;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.tracking.TrackedKeys;

/**
 * The three groups of clients that are notified of changed keys: watching clients, clients with
 * client-side caching, and blocked clients. Confined to the event loop.
 */
public final class KeyObservers {
  private final WatchedKeys watched;
  private final TrackedKeys tracked;
  private final BlockedClients blocked;

  /** Creates the observers of a keyspace. */
  public KeyObservers(WatchedKeys watched, TrackedKeys tracked, BlockedClients blocked) {
    this.watched = watched;
    this.tracked = tracked;
    this.blocked = blocked;
  }

  WatchedKeys watched() {
    return watched;
  }

  TrackedKeys tracked() {
    return tracked;
  }

  BlockedClients blocked() {
    return blocked;
  }

  /** Reports a key that the command of a client has changed. */
  void onChanged(ServerClient by, Database database, long key, int length) {
    watched.touch(database, key, length);
    tracked.onChanged(by, key, length);
    blocked.mark(database, key, length);
  }

  /** Reports a key that is about to be removed by expiry or eviction. */
  void removing(Database database, long key, int length) {
    watched.removing(database, key, length);
    tracked.onChanged(key, length);
    blocked.markLoss(database, key, length);
  }

  /**
   * Reports the removal of all keys of all databases, or of one database, to client-side caches.
   */
  public void onFlushed() {
    tracked.onFlushed();
  }

  /** Reports that a database is about to lose all keys; see {@link #onFlushed} for caches. */
  public void beforeClear(Database database) {
    watched.touchAll(database, null);
    blocked.markAll(database);
  }

  /** Reports that two databases are about to change places. */
  void beforeSwap(Database first, Database second) {
    watched.touchAll(first, second);
    watched.touchAll(second, first);
  }

  /** Reports that two databases have changed places. */
  void onSwapped(Database first, Database second) {
    tracked.onFlushed(); // clients don't know the databases of cached keys
    blocked.markAll(first);
    blocked.markAll(second);
  }
}
