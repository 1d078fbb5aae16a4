package io.redoubt.protocol.net;

import io.netty.channel.Channel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The output of a connection that is written by an I/O thread. What is on its way to the thread
 * counts as written, as far as it fits an ordinary socket's buffer; once the thread finds the
 * socket full, everything counts until all of it is written. Confined to the owner's loop.
 */
final class LentOutput implements SocketOutput, Chunk.Borrower, Broadcast.Receiver {
  /** The bytes on their way that count as written. */
  private static final long TRANSIT_BYTES = 64 * 1024;

  /** The messages on their way by reference, each of which may need an object of the thread. */
  private static final int MAX_SHARES = 16;

  private final Channel channel;
  private final IoThread thread;
  private @Nullable IoSocket socket;
  private final LoopStats stats;
  private final Runnable onDrained;

  /** Chunks that wait for a flush. */
  private @Nullable Chunk first;

  private @Nullable Chunk last;
  private long unflushedBytes;
  private long unflushedMemoryBytes;

  /** Shared bytes that wait for a flush, before the chunks. */
  private @Nullable SharedChunk shared;

  private long sharedFrom;
  private int sharedBytes;
  private int lentShares;

  /** The bytes that the thread has not reported as written. */
  private long lentBytes;

  /** The size of the chunks with these bytes, each of which may hold few. */
  private long lentMemoryBytes;

  /** The part of it that the thread counts as in transit. */
  private long transitMemoryBytes;

  /** True if lent bytes count as unwritten. */
  private boolean full;

  /** True if the connection waits until everything is written. */
  private boolean awaited;

  /** True until {@link #reportDrained} has run. */
  private boolean reporting;

  /** Set while output is held until the socket leaves the thread; see {@link #hold}. */
  private @Nullable Runnable onReturned;

  /**
   * Creates an empty output.
   *
   * @param channel the owner's end of the connection
   * @param thread writes
   * @param stats counts the flushes
   * @param onDrained called once output that was not written at once is written
   */
  LentOutput(Channel channel, IoThread thread, LoopStats stats, Runnable onDrained) {
    this.onDrained = onDrained;
    this.channel = channel;
    this.thread = thread;
    this.stats = stats;
  }

  /** Sets the socket, which is used by the thread. */
  void setSocket(IoSocket itsSocket) {
    socket = itsSocket;
  }

  /** Returns the socket; on the thread. */
  IoSocket socket() {
    return Objects.requireNonNull(socket);
  }

  @Override
  public void giveBack(Chunk written) {
    thread.giveBack(written);
  }

  @Override
  public void onActive() {}

  @Override
  public void send(Chunk chunk, int bytes) {
    if (bytes == 0 || !channel.isActive()) {
      chunk.release();
      return;
    }
    chunk.lend(this, bytes);
    Chunk before = last;
    if (before == null) {
      first = chunk;
    } else {
      before.next = chunk;
    }
    last = chunk;
    unflushedBytes += bytes;
    unflushedMemoryBytes += chunk.sizeBytes();
  }

  @Override
  public boolean sendShared(SharedChunk from, long start, int bytes) {
    if (!channel.isActive()) {
      from.release();
      return true;
    }
    if (unflushedBytes > 0 || full || lentShares >= MAX_SHARES || onReturned != null) {
      return false;
    }
    shared = from;
    sharedFrom = start;
    sharedBytes = bytes;
    unflushedBytes = bytes;
    return true;
  }

  @Override
  public void flush() {
    if (unflushedBytes == 0 || onReturned != null) {
      return;
    }
    Chunk chunk = first;
    stats.countWrite();
    first = null;
    last = null;
    lentBytes += unflushedBytes;
    lentMemoryBytes += unflushedMemoryBytes;
    unflushedBytes = 0;
    unflushedMemoryBytes = 0;
    full |= lentBytes > TRANSIT_BYTES;
    countTransit();
    if (shared != null) {
      thread.share(shared, sharedFrom, sharedBytes, this);
      shared = null;
      lentShares++;
    }
    boolean announces = chunk != null || full || awaited;
    while (chunk != null) {
      Chunk after = chunk.next;
      chunk.next = null;
      chunk.setFollowed(after != null);
      thread.order(chunk);
      chunk = after;
    }
    if (full || awaited) {
      thread.orderRing();
    }
    if (announces) {
      thread.announce();
    }
  }

  @Override
  public boolean isEmpty() {
    boolean empty = unflushedBytes == 0 && lentBytes == 0;
    if (!empty && !awaited) {
      awaited = true;
      thread.orderRing();
    }
    return empty;
  }

  @Override
  public long unwrittenBytes() {
    return full ? unflushedBytes + lentBytes : unflushedBytes;
  }

  @Override
  public long unwrittenMemoryBytes() {
    return full ? unflushedMemoryBytes + lentMemoryBytes : unflushedMemoryBytes;
  }

  /** Counts what is lent as in transit, unless it counts as unwritten; a closed socket drops it. */
  private void countTransit() {
    long bytes = full && channel.isActive() ? 0 : lentMemoryBytes;
    thread.addTransit(bytes - transitMemoryBytes);
    transitMemoryBytes = bytes;
  }

  @Override
  public void drop() {
    countTransit();
    Chunk chunk = first;
    first = null;
    last = null;
    unflushedBytes = 0;
    unflushedMemoryBytes = 0;
    if (shared != null) {
      shared.release();
      shared = null;
    }
    while (chunk != null) {
      Chunk after = chunk.next;
      chunk.next = null;
      chunk.endLending();
      chunk.release();
      chunk = after;
    }
  }

  /** The thread has written, or discarded, that many bytes, of chunks of that size. */
  void onWritten(int bytes, long memoryBytes) {
    lentBytes -= bytes;
    lentMemoryBytes -= memoryBytes;
    if (lentBytes == 0 && (full || awaited)) {
      full = false;
      awaited &= unflushedBytes > 0;
      reporting = true;
      channel.eventLoop().execute(this::reportDrained); // after the turn, like a channel's
    }
    countTransit();
    if (lentBytes == 0 && onReturned != null) {
      onReturned.run();
    }
  }

  /**
   * Passes nothing on to the thread any more, until {@link #passTo}.
   *
   * @param returned called once the thread has returned everything
   */
  void hold(Runnable returned) {
    if (shared != null) {
      flush(); // only chunks can be passed on
    }
    onReturned = returned;
    if (lentBytes == 0) {
      returned.run();
    } else {
      thread.orderRing();
      thread.announce();
    }
  }

  /** Passes what was held to the output that follows this one, and its reports. */
  void passTo(SendQueue next) {
    boolean owesReport = reporting || awaited || first != null;
    Chunk chunk = first;
    first = null;
    last = null;
    unflushedBytes = 0;
    unflushedMemoryBytes = 0;
    while (chunk != null) {
      Chunk after = chunk.next;
      chunk.next = null;
      next.send(chunk, chunk.takeBack());
      chunk = after;
    }
    next.flush();
    if (owesReport) {
      next.reportEmpty();
    }
  }

  @Override
  public boolean offer(SharedChunk from, long start, int bytes) {
    return socket().offer(from, start, bytes);
  }

  @Override
  public void onSharedWritten(int bytes) {
    lentShares--;
    onWritten(bytes, 0);
  }

  /** The socket did not accept everything. */
  void onSocketFull() {
    full |= lentBytes > 0;
    countTransit();
  }

  private void reportDrained() {
    reporting = false;
    if (!channel.isActive()) {
      return;
    }
    if (isEmpty()) { // otherwise later, since output may wait for the report
      onDrained.run();
    }
  }
}
