package io.redoubt.protocol.session;

import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.UserData;
import org.jspecify.annotations.Nullable;

/**
 * The total memory of clients, limited by {@code maxmemory-clients}, and the choice of clients to
 * evict. Replication links are neither counted nor evicted; clients with CLIENT NO-EVICT are
 * counted. Clients of similar size share a bucket, so that updates and evictions neither walk over
 * all clients nor allocate. Without a limit nothing is counted.
 */
final class ClientMemory {
  /**
   * The minimum limit, as in Redis: a lower one would evict even the clients that could raise it.
   */
  private static final long LEAST_LIMIT_BYTES = 128 << 10;

  /** The bucket of a client that must not be evicted. */
  private static final int NO_BUCKET = -1;

  /** The last counted memory of a client, and its neighbours in the list of its bucket. */
  abstract static class Account {
    /** The bytes included in the total. */
    private long bytes;

    private int bucket = NO_BUCKET;
    private @Nullable Account before;
    private @Nullable Account after;

    /** Returns true if the client counts: links of replication and closing clients don't. */
    abstract boolean isCounted();

    /** Returns true if the client may be evicted. */
    abstract boolean isEvictable();

    /** Returns the memory of the client, in bytes. */
    abstract long memoryBytes();

    abstract void evict();

    /** Returns the client for the log. */
    abstract UserData owner();
  }

  private final SessionSettings settings;
  private final Iterable<Account> accounts;
  private final Log log;

  /** The first client of each bucket; sizes in a bucket have the same highest bit. */
  private final @Nullable Account[] buckets = new @Nullable Account[Long.SIZE];

  private boolean counts;
  private boolean evicting;
  private long totalBytes;
  private long evicted;

  ClientMemory(SessionSettings settings, Iterable<Account> accounts, Log log) {
    this.settings = settings;
    this.accounts = accounts;
    this.log = log;
  }

  /** Returns the number of clients evicted because of {@code maxmemory-clients}. */
  long evicted() {
    return evicted;
  }

  void resetStatistics() {
    evicted = 0;
  }

  /**
   * Counts a client's memory after a possible change, and evicts the largest clients while the
   * total exceeds the limit.
   */
  void update(Account account) {
    long limit = settings.clientMemoryLimitBytes();
    if (limit > 0) {
      if (counts) {
        count(account);
      } else {
        counts = true;
        accounts.forEach(this::count);
      }
      evictDownTo(Math.max(limit, LEAST_LIMIT_BYTES));
    } else if (counts) {
      counts = false;
      accounts.forEach(this::forget);
    }
  }

  private void count(Account account) {
    if (!account.isCounted()) {
      forget(account);
      return;
    }
    long bytes = account.memoryBytes();
    totalBytes += bytes - account.bytes;
    account.bytes = bytes;
    move(account, account.isEvictable() ? bucket(bytes) : NO_BUCKET);
  }

  /** Removes a client from the total. */
  void forget(Account account) {
    totalBytes -= account.bytes;
    account.bytes = 0;
    move(account, NO_BUCKET);
  }

  private static int bucket(long bytes) {
    return Long.SIZE - 1 - Long.numberOfLeadingZeros(bytes | 1);
  }

  private void move(Account account, int bucket) {
    if (account.bucket == bucket) {
      return;
    }
    if (account.bucket != NO_BUCKET) {
      unlink(account);
    }
    account.bucket = bucket;
    if (bucket != NO_BUCKET) {
      Account first = buckets[bucket];
      account.after = first;
      if (first != null) {
        first.before = account;
      }
      buckets[bucket] = account;
    }
  }

  private void unlink(Account account) {
    Account before = account.before;
    Account after = account.after;
    if (before == null) {
      buckets[account.bucket] = after;
    } else {
      before.after = after;
    }
    if (after != null) {
      after.before = before;
    }
    account.before = null;
    account.after = null;
  }

  private void evictDownTo(long limit) {
    if (evicting) {
      return; // the closing of a client may end the wait of another one
    }
    evicting = true;
    try {
      int bucket = buckets.length - 1;
      while (totalBytes > limit && bucket >= 0) {
        Account first = buckets[bucket];
        if (first == null) {
          bucket--;
        } else {
          evict(first);
        }
      }
    } finally {
      evicting = false;
    }
  }

  private void evict(Account account) {
    evicted++;
    log.notice("Evicting client: %s", account.owner());
    forget(account);
    account.evict();
  }
}
