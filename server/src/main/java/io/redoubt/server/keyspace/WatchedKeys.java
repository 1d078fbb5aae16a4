package io.redoubt.server.keyspace;

import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** The measured heap size of a watch without the key's name: entries of two maps. */
  private static final long WATCH_BYTES = 400;

  /** A watch of one key by one watcher. */
  private static final class Watch {
    final Watcher watcher;
    final DatabaseKey key;
    boolean expired;

    Watch(Watcher watcher, DatabaseKey key, boolean expired) {
      this.watcher = watcher;
      this.key = key;
      this.expired = expired;
    }
  }

  /** The watches of one watcher, most of the time none. */
  public static final class Watches {
    /** The keys up to which an empty map is kept for the next WATCH of the client. */
    private static final int FEW = 12;

    private @Nullable Map<DatabaseKey, Watch> byKey;
    private long nameBytes;

    private boolean isEmpty() {
      return byKey == null || byKey.isEmpty();
    }

    private Map<DatabaseKey, Watch> byKey() {
      if (byKey == null) {
        byKey = new HashMap<>();
      }
      return byKey;
    }

    private void clear() {
      if (byKey != null && byKey.size() <= FEW) {
        byKey.clear();
      } else {
        byKey = null;
      }
      nameBytes = 0;
    }

    private long heapBytes() {
      return byKey().size() * WATCH_BYTES + nameBytes;
    }
  }

  private final Keyspace keyspace;
  private final Map<DatabaseKey, List<Watch>> byKey = new HashMap<>();
  private int watchers;

  /** Creates an empty set of watches on the keys of {@code keyspace}. */
  public WatchedKeys(Keyspace keyspace) {
    this.keyspace = keyspace;
  }

  public int size() {
    return byKey.size();
  }

  public int watchers() {
    return watchers;
  }

  /** Watches a key; watching it again has no effect. */
  public void watch(Watcher watcher, Database database, long keyAddress, int keyLength) {
    DatabaseKey key = DatabaseKey.of(database, keyAddress, keyLength);
    Watches own = watcher.watches();
    if (own.byKey().containsKey(key)) {
      return;
    }
    if (own.isEmpty()) {
      watchers++;
    }
    long entry = database.find(keyAddress, keyLength);
    Watch watch = new Watch(watcher, key, entry != Entry.NONE && database.isDue(entry));
    own.byKey().put(key, watch);
    own.nameBytes += keyLength;
    byKey.computeIfAbsent(key, k -> new ArrayList<>(1)).add(watch);
    watcher.setWatchBytes(own.heapBytes());
  }

  public void unwatchAll(Watcher watcher) {
    Watches own = watcher.watches();
    if (own.isEmpty()) {
      return;
    }
    watchers--;
    watcher.setWatchBytes(0);
    for (Watch watch : own.byKey().values()) {
      List<Watch> others = byKey.get(watch.key);
      if (others != null && others.remove(watch) && others.isEmpty()) {
        byKey.remove(watch.key);
      }
    }
    own.clear();
  }

  /** Returns true if a key that was alive when the watcher watched it has expired since. */
  public boolean anyExpired(Watcher watcher) {
    Watches own = watcher.watches();
    if (own.isEmpty()) {
      return false;
    }
    for (Watch watch : own.byKey().values()) {
      Database database = keyspace.database(watch.key.database());
      if (!watch.expired && isDue(database, watch.key.find(database, keyspace.slabs()))) {
        return true;
      }
    }
    return false;
  }

  /** Notifies the watchers of a key that it changed. */
  public void touch(Database database, long keyAddress, int keyLength) {
    if (!byKey.isEmpty()) {
      boolean absent = database.find(keyAddress, keyLength) == Entry.NONE;
      touch(database, keyAddress, keyLength, absent);
    }
  }

  /** Notifies the watchers of a key that it is about to be removed. */
  public void removing(Database database, long keyAddress, int keyLength) {
    if (!byKey.isEmpty()) {
      touch(database, keyAddress, keyLength, true);
    }
  }

  private void touch(Database database, long keyAddress, int keyLength, boolean absent) {
    List<Watch> watches = byKey.get(DatabaseKey.of(database, keyAddress, keyLength));
    if (watches == null) {
      return;
    }
    for (Watch watch : watches) {
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
    for (Map.Entry<DatabaseKey, List<Watch>> watched : byKey.entrySet()) {
      if (watched.getKey().database() == database.index()) {
        DatabaseKey key = watched.getKey();
        Slabs slabs = keyspace.slabs();
        long before = key.find(database, slabs);
        long after = replacement == null ? Entry.NONE : key.find(replacement, slabs);
        if (before != Entry.NONE || after != Entry.NONE) {
          boolean expiredAfter = replacement != null && isDue(replacement, after);
          for (Watch watch : watched.getValue()) {
            onReplaced(watch, before != Entry.NONE, after != Entry.NONE, expiredAfter);
          }
        }
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
