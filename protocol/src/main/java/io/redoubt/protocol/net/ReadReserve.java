package io.redoubt.protocol.net;

/**
 * Limits the reads of a poll into a thread's last {@link ReadBatch}, so that each polled socket
 * finds room in it. Input without room would be copied to the Java heap, by as many sockets as the
 * thread has and each time the owner returns a batch. Confined to the thread.
 */
final class ReadReserve {
  /** The sockets of a poll; epoll reports the others first in the next one. */
  static final int MAX_EVENTS = 32;

  /** The smallest read. */
  static final int MIN_BYTES = 512;

  /** A socket may be readable and at its end, and is then read twice. */
  private static final int MAX_READS = 2 * MAX_EVENTS;

  private int reads;

  /** Starts a poll. */
  void startPoll() {
    reads = 0;
  }

  /**
   * Counts a read. Returns its limit in bytes, for a batch that must suffice until the next poll.
   */
  int limit(int roomBytes) {
    reads = Math.min(reads + 1, MAX_READS);
    int free = roomBytes - (MAX_READS - reads) * MIN_BYTES;
    return Math.clamp(free, MIN_BYTES, ReadBlock.USUAL_BYTES);
  }
}
