package io.redoubt.protocol.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.ReplyBuffer;
import io.redoubt.protocol.resp.ReplyWriter;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The output of a client, starting with the first reply that must wait for replicas. Later output
 * is appended here, which preserves the order, until nothing waits any more.
 *
 * <p>The boundaries of each delayed reply are kept, because an error replaces it if the replicas
 * don't acknowledge in time. A reply is released once its offset is acknowledged and the {@link
 * OutputGate} has passed it: output waits in one place, for whatever reason.
 *
 * <p>Positions count bytes from the creation of this object.
 */
public final class AwaitedReplies extends ReplyBuffer {
  private static final int INITIAL_BYTES = 1024;
  private static final int INITIAL_STOPS = 8;

  /** The offset of a reply to be replaced by the error. */
  private static final long FAILED = -1;

  /** The offset of output that needs no acknowledgement itself, but follows output that does. */
  private static final long ANY_OFFSET = 0;

  private static final BufferMemory.Block NO_BLOCK =
      new BufferMemory.Block(MemorySegment.NULL, 0, 0);

  private final OutputListener listener;
  private final BufferMemory source;
  private BufferMemory.Block block = NO_BLOCK;

  /** The position of the first byte of the block. */
  private long blockPosition;

  /** The position of the first byte not yet released. */
  private long first;

  // A ring of stops: output up to the end of a stop is released as a whole.
  private long[] starts = new long[INITIAL_STOPS];
  private long[] ends = new long[INITIAL_STOPS];
  private long[] offsets = new long[INITIAL_STOPS];
  private long[] marks = new long[INITIAL_STOPS];
  private int firstStop;
  private int stops;

  /** The number of stops at the end of the ring without a mark of the gate. */
  private int unmarked;

  private boolean replying;
  private long replyStart;
  private boolean discarding;
  private long acknowledged = ANY_OFFSET;
  private long newest = ANY_OFFSET;

  /** The greatest offset at the last {@link #mark}. */
  private long registered = ANY_OFFSET;

  private byte[] error = {};
  private int wanted;
  private boolean wantsGroup;

  AwaitedReplies(BufferMemory source, OutputListener listener) {
    this.source = source;
    this.listener = listener;
  }

  // ---- writing

  /**
   * Starts a reply that may have to wait.
   *
   * @param replicas the number of replicas that must acknowledge it; the maximum of all waiting
   *     replies applies to each of them
   * @param ofGroup true if the quorum of the group must acknowledge it, too
   */
  void begin(int replicas, boolean ofGroup) {
    wanted = isEmpty() ? replicas : Math.max(wanted, replicas);
    wantsGroup = ofGroup || (wantsGroup && !isEmpty());
    replying = true;
    replyStart = end();
  }

  /**
   * Finishes the reply.
   *
   * @param offset the offset of the stream that must be acknowledged before the reply is released
   */
  void finish(long offset) {
    replying = false;
    if (!discarding && end() > replyStart) {
      addStop(replyStart, offset);
    }
  }

  private void addStop(long start, long offset) {
    if (stops == starts.length) {
      starts = grown(starts);
      ends = grown(ends);
      offsets = grown(offsets);
      marks = grown(marks);
      firstStop = 0;
    }
    int at = stop(stops++);
    starts[at] = start;
    ends[at] = replying ? replyStart : end();
    offsets[at] = offset;
    newest = Math.max(newest, offset);
    unmarked++;
  }

  private long[] grown(long[] ring) {
    long[] larger = new long[ring.length * 2];
    for (int i = 0; i < stops; i++) {
      larger[i] = ring[(firstStop + i) % ring.length];
    }
    return larger;
  }

  private int stop(int index) {
    return (firstStop + index) % starts.length;
  }

  private long end() {
    return blockPosition + position - block.offset();
  }

  @Override
  protected boolean isDiscarding() {
    return discarding;
  }

  @Override
  protected void makeRoom(int atLeastBytes) {
    if (discarding) {
      position = block.offset();
      if (block.sizeBytes() >= atLeastBytes) {
        return;
      }
    }
    listener.onFull();
    long used = discarding ? 0 : usedBytes();
    long gone = first - blockPosition;
    BufferMemory.Block old = block;
    BufferMemory.Block target = old;
    boolean grows = old.sizeBytes() < Math.max(used * 2, used + atLeastBytes);
    if (grows) {
      long wantedBytes = Math.max(used + atLeastBytes, Math.max(used * 2, INITIAL_BYTES));
      target = source.allocate(wantedBytes);
    }
    if (!discarding) {
      MemorySegment.copy(old.memory(), old.offset() + gone, target.memory(), target.offset(), used);
      moveGaps(target.offset() - old.offset() - gone);
      blockPosition = first;
    }
    if (grows) {
      free(old);
    }
    block = target;
    memory = target.memory();
    position = target.offset() + used;
    limit = target.end();
  }

  private void free(BufferMemory.Block old) {
    if (old.sizeBytes() > 0) {
      source.free(old);
    }
  }

  @Override
  protected void fillEarlierGap(
      long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes) {
    throw new AssertionError("there is one window only");
  }

  // ---- waiting

  /** Returns true if no output waits and no reply is being written. */
  boolean isEmpty() {
    return !replying && usedBytes() == 0;
  }

  /** Returns true if a reply waits for replicas. */
  public boolean isWaiting() {
    return newest > acknowledged && stops > 0;
  }

  long usedBytes() {
    return end() - first;
  }

  /** Returns the size of the buffer, in bytes. */
  long capacityBytes() {
    return block.sizeBytes();
  }

  /** Returns true if there is output without a mark of the gate. */
  boolean isUnmarked() {
    return unmarked > 0 || (!replying ? end() : replyStart) > lastEnd();
  }

  private long lastEnd() {
    return stops == 0 ? first : ends[stop(stops - 1)];
  }

  /**
   * Assigns a mark of the gate to the output so far.
   *
   * @return true if the greatest awaited offset has increased since the last call
   */
  boolean mark(long mark) {
    long until = replying ? replyStart : end();
    if (until > lastEnd()) {
      addStop(until, ANY_OFFSET);
    }
    for (; unmarked > 0; unmarked--) {
      marks[stop(stops - unmarked)] = mark;
    }
    boolean more = newest > registered;
    registered = newest;
    return more;
  }

  public long newestOffset() {
    return newest;
  }

  /** Returns the number of replicas that must acknowledge. */
  public int wantedReplicas() {
    return wanted;
  }

  /** Returns true if the quorum of the group must acknowledge, too. */
  public boolean wantsGroup() {
    return wantsGroup;
  }

  /**
   * Records that the stream up to an offset is acknowledged; outside of {@link ReplicaWaits#await}
   * the caller must {@linkplain #flushSoon flush}.
   */
  public void onAcknowledged(long offset) {
    acknowledged = Math.max(acknowledged, offset);
  }

  /**
   * Replaces waiting replies up to an offset by an error; outside of {@link ReplicaWaits#await} the
   * caller must {@linkplain #flushSoon flush}.
   *
   * @param text the error, whose first word is its code
   * @return true if there was such a reply
   */
  public boolean fail(long upToOffset, String text) {
    boolean any = false;
    for (int i = 0; i < stops; i++) {
      int at = stop(i);
      if (offsets[at] > acknowledged && offsets[at] <= upToOffset) {
        offsets[at] = FAILED;
        any = true;
      }
    }
    if (any) {
      error = ("-" + text + "\r\n").getBytes(US_ASCII);
    }
    return any;
  }

  /** Schedules the release of output that no longer waits. */
  public void flushSoon() {
    listener.flushSoon();
  }

  /** Returns true if the client has ended. */
  public boolean isReleased() {
    return listener.isReleased();
  }

  /**
   * Returns true if the first waiting output is acknowledged, so that it waits only for the gate.
   */
  boolean waitsForGateOnly() {
    return stops > 0 && isAcknowledged(firstStop);
  }

  private boolean isAcknowledged(int at) {
    return offsets[at] <= acknowledged;
  }

  /**
   * Releases output that no longer has to wait.
   *
   * @param passed the mark that the gate has passed
   * @param target writes to the connection
   */
  void release(long passed, ReplyWriter target) {
    while (stops > 0 && marks[firstStop] <= passed && isAcknowledged(firstStop)) {
      int at = firstStop;
      boolean failed = offsets[at] == FAILED;
      pass(failed ? starts[at] : ends[at], target);
      first = ends[at];
      firstStop = stop(1);
      stops--;
      if (failed) {
        target.raw(MemorySegment.ofArray(error), 0, error.length);
      }
    }
    if (usedBytes() == 0 && !replying) {
      free();
    }
  }

  private void pass(long end, ReplyWriter target) {
    if (end > first) {
      target.raw(block.memory(), block.offset() + first - blockPosition, end - first);
    }
  }

  /** Discards everything written from now on, even in the middle of a reply. */
  void discard() {
    discarding = true;
  }

  void free() {
    blockPosition = end();
    first = blockPosition;
    free(block);
    block = NO_BLOCK;
    memory = MemorySegment.NULL;
    position = 0;
    limit = 0;
    stops = 0;
    unmarked = 0;
    acknowledged = ANY_OFFSET; // a later history may have lower offsets
    newest = ANY_OFFSET;
    registered = ANY_OFFSET;
    if (starts.length > INITIAL_STOPS) {
      firstStop = 0;
      starts = Arrays.copyOf(starts, INITIAL_STOPS);
      ends = Arrays.copyOf(ends, INITIAL_STOPS);
      offsets = Arrays.copyOf(offsets, INITIAL_STOPS);
      marks = Arrays.copyOf(marks, INITIAL_STOPS);
    }
  }
}
