package io.redoubt.server.replication;

import io.redoubt.protocol.session.AwaitedReplies;
import io.redoubt.protocol.session.Client;
import org.jspecify.annotations.Nullable;

/**
 * The clients whose replies wait for the same replicas, in the order of the offsets that they wait
 * for. A client is in the line once for each flush of its output.
 */
final class AckLine {
  private static final int FIRST_ROOM = 64;

  /** The end of an empty line, as far as deadlines are concerned. */
  static final long NOBODY = Long.MIN_VALUE;

  private final int replicas;
  private final boolean ofGroup;
  private @Nullable Client[] clients = new @Nullable Client[FIRST_ROOM];
  private long[] offsets = new long[FIRST_ROOM];
  private long[] sinceNanos = new long[FIRST_ROOM];
  private int first;
  private int count;

  /** The greatest offset that enough replicas have acknowledged. */
  private long acknowledged;

  AckLine(int replicas, boolean ofGroup) {
    this.replicas = replicas;
    this.ofGroup = ofGroup;
  }

  /** Returns the number of replicas that must acknowledge. */
  int replicas() {
    return replicas;
  }

  /** Returns true if as many as the group requires must acknowledge too. */
  boolean isOfGroup() {
    return ofGroup;
  }

  /** Returns the greatest offset that enough replicas have acknowledged. */
  long acknowledged() {
    return acknowledged;
  }

  /** Sets the acknowledged offset, also to a lower one. */
  void restart(long offset) {
    acknowledged = 0;
    acknowledged(offset);
  }

  /** Returns true if nobody waits. */
  boolean isEmpty() {
    return count == 0;
  }

  /** Adds a client; offset and time are not below those of the previous one. */
  void add(Client client, long offset, long nowNanos) {
    if (count == clients.length) {
      makeRoom();
    }
    int at = (first + count++) % clients.length;
    clients[at] = client;
    offsets[at] = offset;
    sinceNanos[at] = nowNanos;
  }

  /** Removes clients that have ended, and grows if that does not free half of the places. */
  private void makeRoom() {
    int living = 0;
    for (int i = 0; i < count; i++) {
      Client client = clients[i];
      living += client == null || client.isReleased() ? 0 : 1;
    }
    int room = living > clients.length / 2 ? clients.length * 2 : clients.length;
    @Nullable Client[] newClients = new @Nullable Client[room];
    long[] newOffsets = new long[room];
    long[] newSince = new long[room];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int at = (first + i) % clients.length;
      Client client = clients[at];
      if (client != null && !client.isReleased()) {
        newClients[kept] = client;
        newOffsets[kept] = offsets[at];
        newSince[kept++] = sinceNanos[at];
      }
    }
    clients = newClients;
    offsets = newOffsets;
    sinceNanos = newSince;
    first = 0;
    count = kept;
  }

  /** Returns the time since which the first client waits, or {@link #NOBODY}. */
  long firstSinceNanos() {
    return count == 0 ? NOBODY : sinceNanos[first];
  }

  /**
   * Releases the replies up to an offset that enough replicas have acknowledged.
   *
   * @return true if there was any
   */
  boolean acknowledged(long offset) {
    if (offset <= acknowledged) {
      return false;
    }
    acknowledged = offset;
    int before = count;
    while (count > 0 && offsets[first] <= offset) {
      long own = offsets[first]; // later replies may wait in another line
      Client client = takeFirst();
      AwaitedReplies replies = client == null ? null : client.output().awaited();
      if (client != null && replies != null) {
        replies.acknowledged(own);
        client.flushSoon();
      }
    }
    return count < before;
  }

  /**
   * Replaces the replies of the first client by an error.
   *
   * @return true if there was such a reply
   */
  boolean failFirst(String error) {
    long offset = offsets[first];
    Client client = takeFirst();
    AwaitedReplies replies = client == null ? null : client.output().awaited();
    if (client == null || replies == null || !replies.fail(offset, error)) {
      return false;
    }
    client.flushSoon();
    return true;
  }

  private @Nullable Client takeFirst() {
    Client client = clients[first];
    clients[first] = null;
    first = (first + 1) % clients.length;
    count--;
    return client == null || client.isReleased() ? null : client;
  }
}
