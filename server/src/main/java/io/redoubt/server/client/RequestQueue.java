package io.redoubt.server.client;

import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteQueue;
import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Loop;
import io.redoubt.protocol.resp.RequestEncoder;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The queue of requests to another server, the target of a migration. */
public final class RequestQueue implements AutoCloseable {
  private static final int CHUNK_BYTES = 16 << 10;
  private static final long MAX_QUEUED_BYTES = 256 << 10;

  private final ByteQueue bytes;
  private @Nullable Connection connection;
  private final Loop loop;
  private long requests;
  private boolean pumpPlanned;

  /** Creates an empty queue that has no connection yet. */
  public RequestQueue(BufferMemory memory, Loop loop) {
    this.loop = loop;
    bytes = new ByteQueue(memory);
  }

  /** Sets the connection to send through. */
  public void setConnection(Connection opened) {
    connection = opened;
  }

  /** Returns the number of requests so far, and thus of expected replies. */
  public long requests() {
    return requests;
  }

  /** Returns the bytes that the socket has not accepted yet. */
  public long waitingBytes() {
    return bytes.usedBytes() + (connection == null ? 0 : connection.queuedBytes());
  }

  public void append(MemorySegment memory, long offset, long length) {
    bytes.append(memory, offset, length, 0);
  }

  /** Counts further requests among the bytes appended so far. */
  public void count(long more) {
    requests += more;
  }

  public void request(String... words) {
    byte[] encoded = RequestEncoder.encode(words);
    append(MemorySegment.ofArray(encoded), 0, encoded.length);
    count(1);
  }

  /**
   * Sends as much as the socket accepts in the next turn, to include later requests of this turn.
   */
  public void pumpSoon() {
    if (!pumpPlanned) {
      pumpPlanned = true;
      loop.execute(() -> {
        pumpPlanned = false;
        pump();
      });
    }
  }

  /** Sends as much as the socket accepts. */
  public void pump() {
    Connection to = connection;
    if (to == null || !to.isOpen() || bytes.isEmpty()) {
      return;
    }
    while (!bytes.isEmpty() && to.queuedBytes() < MAX_QUEUED_BYTES) {
      Chunk chunk = to.newChunk(CHUNK_BYTES);
      long length = Math.min(bytes.usedBytes(), chunk.limit() - chunk.start());
      MemorySegment.copy(bytes.memory(), bytes.start(), chunk.memory(), chunk.start(), length);
      bytes.dropUntil(bytes.start() + length);
      to.send(chunk, chunk.start() + length);
    }
    to.flush();
  }

  @Override
  public void close() {
    bytes.clear();
    connection = null;
  }
}
