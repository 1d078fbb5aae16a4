package io.redoubt.server.execution;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.KeyEvent;
import io.redoubt.server.keyspace.KeyEventClass;
import io.redoubt.server.keyspace.KeyspaceEvents;
import io.redoubt.server.keyspace.KeyspaceListener;
import io.redoubt.server.keyspace.WatchedKeys;
import io.redoubt.server.memory.Region;

/**
 * What follows when a key expires: replicas hear of a DEL, watchers and subscribers of the event.
 */
public final class KeyEffects implements KeyspaceListener {
  private static final byte[] DEL = {'D', 'E', 'L'};

  private final Propagation propagation;
  private final KeyspaceEvents events;
  private final WatchedKeys watchedKeys;
  private final ServerStats stats;
  private final ServerState state;

  /** Effects that go to these. */
  public KeyEffects(
      Propagation propagation,
      KeyspaceEvents events,
      WatchedKeys watchedKeys,
      ServerStats stats,
      ServerState state) {
    this.propagation = propagation;
    this.events = events;
    this.watchedKeys = watchedKeys;
    this.stats = stats;
    this.state = state;
  }

  @Override
  public void expired(Database database, long entry) {
    stats.countExpired();
    long key = Entry.keyAddress(entry);
    int length = Entry.keyLength(entry);
    if (propagation.isActive()) {
      var effect = propagation.effect(database.index(), 2);
      effect.bulk(DEL);
      effect.bulk(Region.MEMORY, key, length);
    }
    watchedKeys.removing(database, key, length);
    events.notify(KeyEvent.EXPIRED, database.index(), Region.MEMORY, key, length);
  }

  @Override
  public void added(Database database, long entry) {
    if (events.enabled(KeyEventClass.NEW) && !state.is(Refusal.LOADING)) {
      events.notify(
          KeyEvent.NEW,
          database.index(),
          Region.MEMORY,
          Entry.keyAddress(entry),
          Entry.keyLength(entry));
    }
  }
}
