package io.redoubt.server.replication.group;

import io.redoubt.protocol.session.AwaitedReplies;
import org.jspecify.annotations.Nullable;

/**
 * The output of clients that waits for the same number of replicas, in the order of the awaited
 * offsets. A client's output is enqueued once for each flush of it.
 */
final class AckLine {
  private static final int FIRST_ROOM = 64;

  /** Returned as the start of the wait when no client waits. */
  static final long NOBODY = Long.MIN_VALUE;

  private final int replicas;
  private final boolean ofGroup;
  private @Nullable AwaitedReplies[] waiting = new @Nullable AwaitedReplies[FIRST_ROOM];
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

  /** Returns true if the quorum of the group must acknowledge too. */
  boolean isOfGroup() {
    return ofGroup;
  }

  /** Returns the greatest offset that enough replicas have acknowledged. */
  long acknowledged() {
    return acknowledged;
  }

  /** Sets the acknowledged offset, which may decrease. */
  void restart(long offset) {
    acknowledged = 0;
    acknowledged(offset);
  }

  /** Returns true if no client waits. */
  boolean isEmpty() {
    return count == 0;
  }

  /**
   * Adds the output of a client. Neither the offset nor the time may be lower than those before.
   */
  void add(AwaitedReplies replies, long offset, long nowNanos) {
    if (count == waiting.length) {
      makeRoom();
    }
    int at = (first + count++) % waiting.length;
    waiting[at] = replies;
    offsets[at] = offset;
    sinceNanos[at] = nowNanos;
  }

  /** Removes disconnected clients, and doubles the arrays unless that frees half of them. */
  private void makeRoom() {
    int living = 0;
    for (int i = 0; i < count; i++) {
      AwaitedReplies replies = waiting[i];
      living += replies == null || replies.isReleased() ? 0 : 1;
    }
    int room = living > waiting.length / 2 ? waiting.length * 2 : waiting.length;
    @Nullable AwaitedReplies[] newWaiting = new @Nullable AwaitedReplies[room];
    long[] newOffsets = new long[room];
    long[] newSince = new long[room];
    int kept = 0;
    for (int i = 0; i < count; i++) {
      int at = (first + i) % waiting.length;
      AwaitedReplies replies = waiting[at];
      if (replies != null && !replies.isReleased()) {
        newWaiting[kept] = replies;
        newOffsets[kept] = offsets[at];
        newSince[kept++] = sinceNanos[at];
      }
    }
    waiting = newWaiting;
    offsets = newOffsets;
    sinceNanos = newSince;
    first = 0;
    count = kept;
  }

  /** Returns the time when the first client started to wait, {@link #NOBODY} if there is none. */
  long firstSinceNanos() {
    return count == 0 ? NOBODY : sinceNanos[first];
  }

  /**
   * Releases replies up to an offset acknowledged by enough replicas.
   *
   * @return true if there were any
   */
  boolean acknowledged(long offset) {
    if (offset <= acknowledged) {
      return false;
    }
    acknowledged = offset;
    int before = count;
    while (count > 0 && offsets[first] <= offset) {
      long own = offsets[first]; // later replies may wait in another line
      AwaitedReplies replies = takeFirst();
      if (replies != null) {
        replies.onAcknowledged(own);
        replies.flushSoon();
      }
    }
    return count < before;
  }

  /**
   * Replaces the pending replies of the first client by an error.
   *
   * @return true if it had any
   */
  boolean failFirst(String error) {
    long offset = offsets[first];
    AwaitedReplies replies = takeFirst();
    if (replies == null || !replies.fail(offset, error)) {
      return false;
    }
    replies.flushSoon();
    return true;
  }

  private @Nullable AwaitedReplies takeFirst() {
    AwaitedReplies replies = waiting[first];
    waiting[first] = null;
    first = (first + 1) % waiting.length;
    count--;
    return replies == null || replies.isReleased() ? null : replies;
  }
}
