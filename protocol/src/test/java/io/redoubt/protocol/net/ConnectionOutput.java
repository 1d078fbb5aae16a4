package io.redoubt.protocol.net;

import io.redoubt.protocol.resp.ReplyBuffer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The simplest reply buffer for a connection: replies are written into chunks, which are sent when
 * full or on {@link #flush}.
 */
public final class ConnectionOutput extends ReplyBuffer {

  /** A full chunk that must wait because it or an earlier chunk has a gap. */
  private static final class Held {
    final Chunk chunk;
    final long window;
    long end;

    Held(Chunk chunk, long window, long end) {
      this.chunk = chunk;
      this.window = window;
      this.end = end;
    }
  }

  private final Connection connection;
  private final ArrayDeque<Held> held = new ArrayDeque<>(0);
  private long heldBytes;
  private @Nullable Chunk chunk;

  /** Creates an output that sends to {@code connection}. */
  public ConnectionOutput(Connection connection) {
    this.connection = connection;
  }

  /** Returns the number of written or queued bytes that the socket has not accepted yet. */
  public long pendingBytes() {
    return connection.queuedBytes() + heldBytes + unsentBytes();
  }

  private long unsentBytes() {
    return chunk == null ? 0 : position - chunk.start();
  }

  /** Returns true if anything was written since the last {@link #flush}. */
  public boolean hasUnsentBytes() {
    return unsentBytes() > 0 || heldBytes > 0;
  }

  /** Sends and flushes the written bytes. */
  public void flush() {
    send();
    connection.flush();
  }

  /**
   * Queues the written bytes on the connection, ahead of chunks that are later sent there directly.
   */
  public void send() {
    if (hasGaps()) {
      throw new IllegalStateException("a reply isn't finished");
    }
    sendHeld();
    Chunk last = chunk;
    if (last != null) {
      chunk = null;
      connection.send(last, position);
      noWindow();
    }
  }

  /** Discards unsent output. */
  public void discard() {
    for (Held waiting = held.poll(); waiting != null; waiting = held.poll()) {
      waiting.chunk.release();
    }
    heldBytes = 0;
    if (chunk != null) {
      chunk.release();
      chunk = null;
    }
    noWindow();
  }

  private void noWindow() {
    memory = MemorySegment.NULL;
    position = 0;
    limit = 0;
    window++;
  }

  @Override
  protected void makeRoom(int atLeastBytes) {
    Chunk full = chunk;
    if (full != null) {
      if (hasGaps()) {
        held.add(new Held(full, window, position));
        heldBytes += position - full.start();
      } else {
        sendHeld();
        connection.send(full, position);
      }
      window++;
    }
    Chunk next = connection.newChunk(atLeastBytes);
    chunk = next;
    memory = next.memory();
    position = next.start();
    limit = next.limit();
  }

  private void sendHeld() {
    for (Held waiting = held.poll(); waiting != null; waiting = held.poll()) {
      connection.send(waiting.chunk, waiting.end);
    }
    heldBytes = 0;
  }

  @Override
  protected void fillEarlierGap(
      long gapWindow, long offset, byte[] header, int headerBytes, int gapBytes) {
    for (Held waiting : held) {
      if (waiting.window == gapWindow) {
        long end =
            fillGap(waiting.chunk.memory(), offset, waiting.end, header, headerBytes, gapBytes);
        heldBytes += end - waiting.end;
        waiting.end = end;
        return;
      }
    }
    throw new IllegalStateException("no such window: " + gapWindow);
  }
}
