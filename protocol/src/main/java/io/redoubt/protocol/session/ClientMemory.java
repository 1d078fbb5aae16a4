package io.redoubt.protocol.session;

import io.redoubt.protocol.process.Log;
import java.util.Collection;
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
  static final class Account {
    /** The bytes included in the total. */
    private long bytes;

    private int bucket = NO_BUCKET;
    private @Nullable Client before;
    private @Nullable Client after;
  }

  private final SessionSettings settings;
  private final Collection<Client> clients;
  private final Log log;

  /** The first client of each bucket; sizes in a bucket have the same highest bit. */
  private final @Nullable Client[] buckets = new @Nullable Client[Long.SIZE];

  private boolean counts;
  private boolean evicting;
  private long totalBytes;
  private long evicted;

  ClientMemory(SessionSettings settings, Collection<Client> clients, Log log) {
    this.settings = settings;
    this.clients = clients;
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
  void update(Client client) {
    long limit = settings.clientMemoryLimitBytes();
    if (limit > 0) {
      if (counts) {
        count(client);
      } else {
        counts = true;
        clients.forEach(this::count);
      }
      evictDownTo(Math.max(limit, LEAST_LIMIT_BYTES));
    } else if (counts) {
      counts = false;
      clients.forEach(this::forget);
    }
  }

  private void count(Client client) {
    ClientType type = client.type();
    if (client.isEnding() || (type != ClientType.NORMAL && type != ClientType.PUBSUB)) {
      forget(client);
      return;
    }
    long bytes = ClientSize.of(client);
    Account account = client.account();
    totalBytes += bytes - account.bytes;
    account.bytes = bytes;
    move(client, account, client.is(ClientFlag.NO_EVICT) ? NO_BUCKET : bucket(bytes));
  }

  /** Removes a client from the total. */
  void forget(Client client) {
    Account account = client.account();
    totalBytes -= account.bytes;
    account.bytes = 0;
    move(client, account, NO_BUCKET);
  }

  private static int bucket(long bytes) {
    return Long.SIZE - 1 - Long.numberOfLeadingZeros(bytes | 1);
  }

  private void move(Client client, Account account, int bucket) {
    if (account.bucket == bucket) {
      return;
    }
    if (account.bucket != NO_BUCKET) {
      unlink(account);
    }
    account.bucket = bucket;
    if (bucket != NO_BUCKET) {
      Client first = buckets[bucket];
      account.after = first;
      if (first != null) {
        first.account().before = client;
      }
      buckets[bucket] = client;
    }
  }

  private void unlink(Account account) {
    Client before = account.before;
    Client after = account.after;
    if (before == null) {
      buckets[account.bucket] = after;
    } else {
      before.account().after = after;
    }
    if (after != null) {
      after.account().before = before;
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
        Client first = buckets[bucket];
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

  private void evict(Client client) {
    evicted++;
    log.notice("Evicting client: %s", client);
    forget(client);
    client.close();
  }
}
