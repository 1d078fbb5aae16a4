package io.redoubt.server.execution;

import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.refusal.Refusal;
import io.redoubt.server.execution.refusal.ServerState;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.KeyspaceListener;
import io.redoubt.server.keyspace.event.FieldEvents;
import io.redoubt.server.keyspace.event.KeyEvent;
import io.redoubt.server.keyspace.event.KeyEventClass;
import io.redoubt.server.keyspace.event.KeyspaceEvents;
import io.redoubt.server.memory.Region;
import io.redoubt.server.settings.MaxmemoryDirectives;

/**
 * The effects of expiry, eviction and new keys. Replicas receive the removal of a key as DEL or
 * UNLINK, and of an expired hash field as HDEL; watching and subscribed clients are notified. A new
 * key publishes an event unless it is loaded from a file.
 */
public final class KeyEffects implements KeyspaceListener {
  private static final long NO_ELEMENT = 0;
  private static final byte[] HDEL = {'H', 'D', 'E', 'L'};

  private final Propagation propagation;
  private final KeyspaceEvents events;
  private final KeyObservers observers;
  private final ServerStats stats;
  private final ServerState state;
  private final MaxmemoryDirectives settings;

  public KeyEffects(
      Propagation propagation,
      KeyspaceEvents events,
      KeyObservers observers,
      ServerStats stats,
      ServerState state,
      MaxmemoryDirectives settings) {
    this.propagation = propagation;
    this.events = events;
    this.observers = observers;
    this.stats = stats;
    this.state = state;
    this.settings = settings;
  }

  @Override
  public void onExpired(Database database, long entry) {
    stats.expiredKeys.increment();
    removing(database, entry, KeyEvent.EXPIRED, settings.lazyfreeLazyExpire.value());
  }

  @Override
  public void onElementExpired(Database database, long entry, long element, int elementLength) {
    removal(database, entry, HDEL, element, elementLength);
    FieldEvents fields = events.expiredFields();
    if (!fields.isOpen()) {
      fields =
          events.beginExpiredFields(
              database.index(), Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
    }
    fields.add(Region.MEMORY, element, elementLength);
  }

  @Override
  public void onElementsExpired(Database database, long entry, boolean all) {
    long key = Entry.keyAddress(entry);
    int length = Entry.keyLength(entry);
    observers.tracked().onChanged(key, length);
    events.notify(KeyEvent.HEXPIRED, database.index(), Region.MEMORY, key, length);
    events.expiredFields().end();
    if (all) {
      observers.watched().removing(database, key, length);
      events.notify(KeyEvent.DEL, database.index(), Region.MEMORY, key, length);
    } else {
      observers.watched().touch(database, key, length);
    }
  }

  /** Reports a key that is about to be evicted. */
  void beforeEviction(Database database, long entry) {
    stats.evictedKeys.increment();
    removing(database, entry, KeyEvent.EVICTED, settings.lazyfreeLazyEviction.value());
  }

  /**
   * Reports a key that is about to be removed because its slot has moved to another cluster node.
   */
  public void beforeDrop(Database database, long entry) {
    beforeDrop(database, entry, false);
  }

  /**
   * Reports a key that is about to be removed with all keys of its slot.
   *
   * @param lazily true for UNLINK, so that a Redis replica frees the value in the background
   */
  public void beforeDrop(Database database, long entry, boolean lazily) {
    removing(database, entry, KeyEvent.DEL, lazily);
  }

  private void removing(Database database, long entry, KeyEvent event, boolean lazily) {
    long key = Entry.keyAddress(entry);
    int length = Entry.keyLength(entry);
    removal(database, entry, Effect.removal(lazily), NO_ELEMENT, 0);
    observers.removing(database, key, length);
    events.notify(event, database.index(), Region.MEMORY, key, length);
  }

  /**
   * Adds the removal of a key, or of one element of it, to the effects. It is sent to all targets,
   * even if a running script has restricted those of its own effects.
   *
   * @param command the command that removes it
   * @param element the element's address, or {@link #NO_ELEMENT} for the whole key
   */
  private void removal(
      Database database, long entry, byte[] command, long element, int elementLength) {
    boolean isOfKey = element == NO_ELEMENT;
    int chosenByScript = propagation.everywhere();
    try {
      if (propagation.isActive()) {
        var effect = propagation.effect(database.index(), isOfKey ? 2 : 3);
        effect.bulk(command);
        effect.bulk(Region.MEMORY, Entry.keyAddress(entry), Entry.keyLength(entry));
        if (!isOfKey) {
          effect.bulk(Region.MEMORY, element, elementLength);
        }
      }
    } catch (OutOfMemoryError full) {
      propagation.markLost(); // the command is incomplete
      throw full;
    } finally {
      propagation.only(chosenByScript);
    }
  }

  @Override
  public void onAdded(Database database, long entry) {
    observers.blocked().mark(database, Entry.keyAddress(entry), Entry.keyLength(entry));
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
