package io.redoubt.server.execution;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.execution.monitoring.SlowLog;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The clients blocked on keys (BLPOP and the like). Each change of a key marks it; at the end of
 * the unit of execution the clients blocked on it are served in the order of arrival, each by
 * executing its request again. A request that still finds nothing keeps its position in the queue
 * and its deadline.
 *
 * <p>A repeated request is a unit of its own, propagated after the one that made the key ready. Its
 * changes may make other keys ready, whose clients are served afterwards.
 *
 * <p>Without blocked clients, marking is a single test; it never allocates.
 */
public final class BlockedClients {
  private static final int FIRST_BUCKETS = 16;

  private final Keyspace keyspace;
  private final ServerStats stats;
  private final SlowLog slowLog;
  private final Propagation propagation;
  private final Hash hash;

  /** A hash table of queues by database and key; its length is a power of two. */
  private @Nullable WaitingLine[] buckets = new WaitingLine[FIRST_BUCKETS];

  private int lines;
  private int linesWithLoss;

  /** The queues of marked keys, in the order of marking. */
  private final ArrayDeque<WaitingLine> ready = new ArrayDeque<>();

  /** The queues whose first client must not be served during a pause. */
  private final List<WaitingLine> held = new ArrayList<>();

  private boolean serving;

  /**
   * Creates an empty set of clients blocked on keys of {@code keyspace}.
   *
   * @param propagation delays the replies to repeated requests
   */
  public BlockedClients(
      Keyspace keyspace, ServerStats stats, SlowLog slowLog, Propagation propagation) {
    this.keyspace = keyspace;
    this.stats = stats;
    this.slowLog = slowLog;
    this.propagation = propagation;
    this.hash = Hash.seeded(keyspace.random());
  }

  /** Returns the number of keys on which clients are blocked. */
  public int keys() {
    return lines;
  }

  /** Returns the number of keys whose loss also wakes clients. */
  public int keysOrTheirLoss() {
    return linesWithLoss;
  }

  // Waiting.

  /**
   * Blocks the client until one of the keys is ready, or keeps it blocked after a repeated request.
   */
  void await(
      RegionCall call,
      ServerClient client,
      Database database,
      KeyWait.Wish wish,
      int firstKeyArg,
      int keyCount) {
    if (client.waiting() instanceof KeyWait again) {
      again.keepBlocked();
      return;
    }
    KeyWait wait = new KeyWait(this, call, client, wish);
    for (int i = firstKeyArg; i < firstKeyArg + keyCount; i++) {
      WaitingLine line = line(database, call.argAddress(i), call.argLength(i));
      boolean withLoss = line.hasWaitingForLoss();
      wait.join(line);
      linesWithLoss += !withLoss && line.hasWaitingForLoss() ? 1 : 0;
    }
    client.block(wait, wish.timeoutMillis());
  }

  /** Removes a client from the queue of a key, and an empty queue. */
  void leave(KeyWait.Place place) {
    WaitingLine line = place.line;
    boolean withLoss = line.hasWaitingForLoss();
    line.remove(place);
    linesWithLoss -= withLoss && !line.hasWaitingForLoss() ? 1 : 0;
    if (line.isEmpty()) {
      remove(line);
    }
  }

  /**
   * Replies to a wait that timed out. Even that reply may have to wait for replicas: that the key
   * is empty may be the effect of another client, not acknowledged yet.
   */
  void replyToTimeOut(ServerClient client, Command<?> command, Runnable reply) {
    ReplyAcks acks = propagation.acks();
    boolean mayWait = acks != null && acks.begins(client, command, false);
    reply.run();
    if (acks != null && mayWait) {
      acks.onReplied(client);
    }
    client.flushSoon();
  }

  /** Counts a wait that timed out as an executed command. */
  void countTimeOut(Command<?> command, long spentNanos) {
    stats.countCommand();
    command.countCalls(1, spentNanos);
  }

  /** Counts a wait that was ended with an error as an executed command. */
  void countFailure(Command<?> command, long spentNanos, String code) {
    countTimeOut(command, spentNanos);
    command.countFailed();
    stats.countError(code);
  }

  /** Records in the slow log a command whose client was unblocked other than by a key. */
  void logUnserved(ServerClient client, Command<?> command, Request request, long spentNanos) {
    if (spentNanos >= slowLog.thresholdNanos()) {
      slowLog.record(command, request, client, spentNanos);
    }
  }

  // Marking.

  /** Marks a changed or new key; its clients are served at the end of the unit. */
  public void mark(Database database, long keyAddress, int keyLength) {
    if (lines > 0) {
      mark(find(hashOf(database.index(), keyAddress, keyLength), database, keyAddress, keyLength));
    }
  }

  /** Marks a key that is about to be removed by expiry or eviction. */
  public void markLoss(Database database, long keyAddress, int keyLength) {
    if (linesWithLoss > 0) {
      mark(database, keyAddress, keyLength);
    }
  }

  public void markAll(Database database) {
    if (lines == 0) {
      return;
    }
    for (WaitingLine bucket : buckets) {
      for (WaitingLine line = bucket; line != null; line = line.next) {
        if (line.database == database.index()) {
          mark(line);
        }
      }
    }
  }

  private void mark(@Nullable WaitingLine line) {
    if (line != null && !line.marked) {
      line.marked = true;
      ready.add(line);
    }
  }

  // Serving.

  /** Returns true if there are marked keys and serving is not in progress. */
  boolean areServable() {
    return !ready.isEmpty() && !serving;
  }

  /** Serves the clients of marked keys at the end of a unit of execution. */
  void serve() {
    serving = true;
    try {
      while (true) {
        WaitingLine line = ready.poll();
        if (line == null) {
          break;
        }
        line.marked = false;
        serve(line);
      }
    } finally {
      serving = false;
    }
    for (WaitingLine line : held) {
      mark(line);
    }
    held.clear();
  }

  private void serve(WaitingLine line) {
    Database database = keyspace.database(line.database);
    KeyWait.Place place = line.first();
    KeyWait.Place last = line.last(); // later clients arrived after the key was marked
    while (place != null && !line.isEmpty()) {
      long entry = database.findLive(line.keyAddress, line.keyLength);
      if (entry == Entry.NONE && !line.hasWaitingForLoss()) {
        return;
      }
      KeyWait.Place next = place == last ? null : place.after;
      if (place.wait.isReady(entry)) {
        if (place.wait.isHeld()) {
          held.add(line);
          return;
        }
        place.wait.serve();
      }
      place = next;
    }
  }

  // The table of queues.

  private long hashOf(int database, long keyAddress, int keyLength) {
    return hash.of(Region.MEMORY, keyAddress, keyLength) + database;
  }

  private int bucketOf(long keyHash) {
    return (int) keyHash & (buckets.length - 1);
  }

  private @Nullable WaitingLine find(
      long keyHash, Database database, long keyAddress, int keyLength) {
    WaitingLine line = buckets[bucketOf(keyHash)];
    while (line != null && !line.isOf(database.index(), keyAddress, keyLength)) {
      line = line.next;
    }
    return line;
  }

  private WaitingLine line(Database database, long keyAddress, int keyLength) {
    long keyHash = hashOf(database.index(), keyAddress, keyLength);
    WaitingLine found = find(keyHash, database, keyAddress, keyLength);
    if (found != null) {
      return found;
    }
    if (lines >= buckets.length) {
      grow();
    }
    long copy = keyspace.slabs().allocateFar(Math.max(keyLength, 1));
    Region.copy(keyAddress, copy, keyLength);
    WaitingLine line = new WaitingLine(database.index(), keyHash, copy, keyLength);
    insert(line);
    lines++;
    return line;
  }

  private void insert(WaitingLine line) {
    int bucket = bucketOf(line.hash);
    line.next = buckets[bucket];
    buckets[bucket] = line;
  }

  private void grow() {
    @Nullable WaitingLine[] old = buckets;
    buckets = new WaitingLine[old.length * 2];
    for (WaitingLine bucket : old) {
      WaitingLine line = bucket;
      while (line != null) {
        WaitingLine next = line.next;
        insert(line);
        line = next;
      }
    }
  }

  private void remove(WaitingLine line) {
    int bucket = bucketOf(line.hash);
    WaitingLine before = null;
    for (WaitingLine at = buckets[bucket]; at != line && at != null; at = at.next) {
      before = at;
    }
    if (before == null) {
      buckets[bucket] = line.next;
    } else {
      before.next = line.next;
    }
    lines--;
    if (line.marked) {
      ready.remove(line);
    }
    held.remove(line);
    keyspace.slabs().free(line.keyAddress, Math.max(line.keyLength, 1));
  }
}
