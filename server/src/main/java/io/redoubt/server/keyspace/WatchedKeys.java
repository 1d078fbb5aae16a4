package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import org.jspecify.annotations.Nullable;

/**
 * The watches of keys by clients (WATCH). A change of a key makes every watcher's transaction fail.
 *
 * <p>A key that had already expired when it was watched counts as absent: its later removal changes
 * nothing for the watcher.
 *
 * <p>Most of the time no key is watched, so {@link #touch} is a single test then.
 */
public final class WatchedKeys {
  /** A client that may watch keys. */
  public interface Watcher {
    /** Returns its watches, which it only keeps. */
    Watches watches();

    /** Called when a watched key has changed: the transaction must fail. */
    void onWatchedKeyChange();

    /** Reports an estimate of the Java heap that its watches take from now on, in bytes. */
    void setWatchBytes(long heapBytes);
  }

  /** The measured heap size of a watch of a key that nobody else watches, without its name. */
  private static final long WATCH_BYTES = 160;

  private static final int MIN_BUCKETS = 16;

  /** A watched key, of which there is one object for all watchers. */
  private static final class WatchedKey {
    final DatabaseKey key;
    final long hash;

    /** The next key of the same bucket. */
    @Nullable WatchedKey next;

    @Nullable Watch first;

    WatchedKey(DatabaseKey key, long hash) {
      this.key = key;
      this.hash = hash;
    }
  }

  /** A watch of one key by one watcher, in the lists of both. */
  private static final class Watch {
    final Watcher watcher;
    final WatchedKey watched;
    boolean expired;
    @Nullable Watch previousOfKey;
    @Nullable Watch nextOfKey;
    final @Nullable Watch nextOfWatcher;

    Watch(Watcher watcher, WatchedKey watched, boolean expired, @Nullable Watch nextOfWatcher) {
      this.watcher = watcher;
      this.watched = watched;
      this.expired = expired;
      this.nextOfWatcher = nextOfWatcher;
      nextOfKey = watched.first;
      if (nextOfKey != null) {
        nextOfKey.previousOfKey = this;
      }
      watched.first = this;
    }

    /** Leaves the list of the key. */
    void unlink() {
      if (previousOfKey == null) {
        watched.first = nextOfKey;
      } else {
        previousOfKey.nextOfKey = nextOfKey;
      }
      if (nextOfKey != null) {
        nextOfKey.previousOfKey = previousOfKey;
      }
    }
  }

  /** The watches of one watcher, most of the time none. */
  public static final class Watches {
    private @Nullable Watch first;
    private long heapBytes;
  }

  private final Keyspace keyspace;

  /** A hash table of the watched keys, whose length is a power of two. */
  private @Nullable WatchedKey[] buckets = new WatchedKey[MIN_BUCKETS];

  private int keys;
  private int watchers;

  /** Creates an empty set of watches on the keys of {@code keyspace}. */
  public WatchedKeys(Keyspace keyspace) {
    this.keyspace = keyspace;
  }

  public int size() {
    return keys;
  }

  public int watchers() {
    return watchers;
  }

  /** Watches a key; watching it again has no effect. */
  public void watch(Watcher watcher, Database database, long keyAddress, int keyLength) {
    long hash = database.hash(keyAddress, keyLength);
    WatchedKey watched = find(hash, database, keyAddress, keyLength);
    Watches own = watcher.watches();
    if (watched == null) {
      watched = add(hash, DatabaseKey.of(database, keyAddress, keyLength));
    } else if (isWatching(watcher, watched)) {
      return;
    }
    if (own.first == null) {
      watchers++;
    }
    boolean expired = isDue(database, database.find(keyAddress, keyLength));
    own.first = new Watch(watcher, watched, expired, own.first);
    own.heapBytes += WATCH_BYTES + keyLength;
    watcher.setWatchBytes(own.heapBytes);
  }

  /** Searches the watches of the key and those of the watcher, of which one may be far longer. */
  private static boolean isWatching(Watcher watcher, WatchedKey watched) {
    Watch ofKey = watched.first;
    Watch own = watcher.watches().first;
    while (ofKey != null && own != null) {
      if (ofKey.watcher.equals(watcher) || own.watched == watched) {
        return true;
      }
      ofKey = ofKey.nextOfKey;
      own = own.nextOfWatcher;
    }
    return false;
  }

  public void unwatchAll(Watcher watcher) {
    Watches own = watcher.watches();
    if (own.first == null) {
      return;
    }
    watchers--;
    watcher.setWatchBytes(0);
    for (Watch watch = own.first; watch != null; watch = watch.nextOfWatcher) {
      watch.unlink();
      if (watch.watched.first == null) {
        remove(watch.watched);
      }
    }
    own.first = null;
    own.heapBytes = 0;
  }

  private @Nullable WatchedKey find(long hash, Database database, long keyAddress, int keyLength) {
    WatchedKey at = buckets[bucket(hash)];
    while (at != null
        && !(at.hash == hash
            && at.key.database() == database.index()
            && at.key.name().equals(Region.MEMORY, keyAddress, keyLength))) {
      at = at.next;
    }
    return at;
  }

  private int bucket(long hash) {
    return (int) hash & (buckets.length - 1);
  }

  private WatchedKey add(long hash, DatabaseKey key) {
    if (keys == buckets.length) {
      grow();
    }
    WatchedKey added = new WatchedKey(key, hash);
    link(added);
    keys++;
    return added;
  }

  private void link(WatchedKey key) {
    int bucket = bucket(key.hash);
    key.next = buckets[bucket];
    buckets[bucket] = key;
  }

  private void grow() {
    @Nullable WatchedKey[] old = buckets;
    buckets = new WatchedKey[old.length * 2];
    for (WatchedKey head : old) {
      WatchedKey at = head;
      while (at != null) {
        WatchedKey next = at.next;
        link(at);
        at = next;
      }
    }
  }

  private void remove(WatchedKey key) {
    int bucket = bucket(key.hash);
    WatchedKey at = buckets[bucket];
    if (at == key) {
      buckets[bucket] = key.next;
    } else {
      while (at != null && at.next != key) {
        at = at.next;
      }
      if (at != null) {
        at.next = key.next;
      }
    }
    keys--;
    if (keys == 0 && buckets.length > MIN_BUCKETS) {
      buckets = new WatchedKey[MIN_BUCKETS];
    }
  }

  /** Returns true if a key that was alive when the watcher watched it has expired since. */
  public boolean anyExpired(Watcher watcher) {
    Watch watch = watcher.watches().first;
    for (; watch != null; watch = watch.nextOfWatcher) {
      DatabaseKey key = watch.watched.key;
      Database database = keyspace.database(key.database());
      if (!watch.expired && isDue(database, key.find(database, keyspace.slabs()))) {
        return true;
      }
    }
    return false;
  }

  /** Notifies the watchers of a key that it changed. */
  public void touch(Database database, long keyAddress, int keyLength) {
    if (keys > 0) {
      boolean absent = database.find(keyAddress, keyLength) == Entry.NONE;
      touch(database, keyAddress, keyLength, absent);
    }
  }

  /** Notifies the watchers of a key that it is about to be removed. */
  public void removing(Database database, long keyAddress, int keyLength) {
    if (keys > 0) {
      touch(database, keyAddress, keyLength, true);
    }
  }

  private void touch(Database database, long keyAddress, int keyLength, boolean absent) {
    long hash = database.hash(keyAddress, keyLength);
    WatchedKey watched = find(hash, database, keyAddress, keyLength);
    Watch watch = watched == null ? null : watched.first;
    for (; watch != null; watch = watch.nextOfKey) {
      if (watch.expired && absent) {
        watch.expired = false; // absent before and after, for this watcher
      } else {
        watch.watcher.onWatchedKeyChange();
      }
    }
  }

  /**
   * Notifies the watchers of all keys of a database that is about to be emptied or replaced by
   * another one.
   */
  public void touchAll(Database database, @Nullable Database replacement) {
    for (WatchedKey head : buckets) {
      for (WatchedKey watched = head; watched != null; watched = watched.next) {
        if (watched.key.database() == database.index()) {
          touchReplaced(watched, database, replacement);
        }
      }
    }
  }

  private void touchReplaced(
      WatchedKey watched, Database database, @Nullable Database replacement) {
    Slabs slabs = keyspace.slabs();
    long before = watched.key.find(database, slabs);
    long after = replacement == null ? Entry.NONE : watched.key.find(replacement, slabs);
    if (before != Entry.NONE || after != Entry.NONE) {
      boolean expiredAfter = replacement != null && isDue(replacement, after);
      for (Watch watch = watched.first; watch != null; watch = watch.nextOfKey) {
        onReplaced(watch, before != Entry.NONE, after != Entry.NONE, expiredAfter);
      }
    }
  }

  private static void onReplaced(
      Watch watch, boolean existed, boolean exists, boolean expiredAfter) {
    if (watch.expired && !exists) {
      watch.expired = false;
    } else if (!existed && expiredAfter) {
      watch.expired = true;
    } else if (!watch.expired || !expiredAfter) {
      watch.watcher.onWatchedKeyChange();
    }
  }

  private static boolean isDue(Database database, long entry) {
    return entry != Entry.NONE && database.isDue(entry);
  }
}
