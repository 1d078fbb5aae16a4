package io.redoubt.protocol.net;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Echoes its input, and pauses reading while too much output is queued. */
class EchoHandler implements Connection.Handler {

  static final long MAX_QUEUED_BYTES = 1 << 20;

  final CompletableFuture<Connection> opened = new CompletableFuture<>();
  final CompletableFuture<@Nullable Throwable> closed = new CompletableFuture<>();
  long mostQueuedBytes;
  int timesStopped;
  int timesWritable;

  @Override
  public void onOpen(Connection connection) {
    opened.complete(connection);
  }

  @Override
  public void onBytes(Connection connection, MemorySegment memory, long from, long to) {
    long at = from;
    while (at < to) {
      Chunk chunk = connection.newChunk(1);
      long bytes = Math.min(to - at, chunk.limit() - chunk.start());
      MemorySegment.copy(memory, at, chunk.memory(), chunk.start(), bytes);
      connection.send(chunk, chunk.start() + bytes);
      at += bytes;
    }
  }

  @Override
  public void onReadDone(Connection connection) {
    connection.flush();
    mostQueuedBytes = Math.max(mostQueuedBytes, connection.queuedBytes());
    if (connection.queuedBytes() > MAX_QUEUED_BYTES) {
      timesStopped++;
      connection.reading(false);
    }
  }

  @Override
  public void onWritable(Connection connection) {
    timesWritable++;
    if (connection.queuedBytes() != 0) {
      throw new AssertionError("writable with " + connection.queuedBytes() + " bytes queued");
    }
    connection.reading(true);
  }

  @Override
  public void onClose(Connection connection, @Nullable Throwable cause) {
    if (!closed.complete(cause)) {
      throw new AssertionError("closed twice");
    }
  }
}
