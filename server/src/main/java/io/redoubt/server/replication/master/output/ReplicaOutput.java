package io.redoubt.server.replication.master.output;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.protocol.net.Chunk;
import io.redoubt.protocol.net.Connection;
import io.redoubt.server.client.ServerClient;
import io.redoubt.server.replication.stream.TransferFrames;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The output to one replica's socket. Bytes are sent in chunks, with or without frames, while the
 * socket's queue is short enough.
 */
public final class ReplicaOutput {
  /** The limit of the socket's queue; further bytes stay at their source. */
  static final long WINDOW_BYTES = 256 * 1024;

  public static final int CHUNK_BYTES = 16 * 1024;

  /** A source of bytes. */
  @FunctionalInterface
  public interface Source {
    /** Reads the next bytes; returns their number, -1 at the end. */
    int read(MemorySegment memory, long offset, int length) throws IOException;
  }

  private final ServerClient client;
  private final LongConsumer sent;

  /** Creates the output of a replica; {@code sent} counts its bytes. */
  public ReplicaOutput(ServerClient client, LongConsumer sent) {
    this.client = client;
    this.sent = sent;
  }

  private Connection connection() {
    return client.connection();
  }

  /** Returns true if the queue accepts more bytes. */
  public boolean mayQueue() {
    return queuedBytes() < WINDOW_BYTES;
  }

  public long queuedBytes() {
    return connection().queuedBytes();
  }

  public void flush() {
    connection().flush();
  }

  /** Sends a text at once. */
  public void send(String text) {
    byte[] bytes = text.getBytes(US_ASCII);
    send(MemorySegment.ofArray(bytes), 0, bytes.length, null);
    flush();
  }

  /** Sends bytes. */
  void send(MemorySegment memory, long offset, long length, TransferFrames.@Nullable Kind frame) {
    long done = 0;
    while (done < length) {
      long from = offset + done;
      Chunk chunk = connection().newChunk(CHUNK_BYTES);
      long start = contentStart(chunk, frame);
      long now = Math.min(length - done, chunk.limit() - start);
      MemorySegment.copy(memory, from, chunk.memory(), start, now);
      send(chunk, start, (int) now, frame);
      done += now;
    }
  }

  /**
   * Sends the next bytes of a source, at most one chunk.
   *
   * @return the number of bytes, -1 at the source's end
   */
  public int sendFrom(Source source, long mostBytes, TransferFrames.@Nullable Kind frame)
      throws IOException {
    Chunk chunk = connection().newChunk(CHUNK_BYTES);
    boolean sent = false;
    try {
      long start = contentStart(chunk, frame);
      int room = (int) Math.min(mostBytes, chunk.limit() - start);
      int read = source.read(chunk.memory(), start, room);
      if (read > 0) {
        send(chunk, start, read, frame);
        sent = true;
        if (!mayQueue()) {
          flush();
        }
      }
      return read;
    } finally {
      if (!sent) {
        chunk.release();
      }
    }
  }

  private static long contentStart(Chunk chunk, TransferFrames.@Nullable Kind frame) {
    return chunk.start() + (frame == null ? 0 : TransferFrames.PREFIX_BYTES);
  }

  private void send(Chunk chunk, long start, int length, TransferFrames.@Nullable Kind frame) {
    if (frame != null) {
      TransferFrames.putPrefix(chunk.memory(), chunk.start(), frame, length);
    }
    sent.accept(start + length - chunk.start());
    connection().send(chunk, start + length);
  }

  /** Sends the frame that marks the end of the snapshot. */
  void sendEndFrame() {
    Chunk chunk = connection().newChunk(TransferFrames.PREFIX_BYTES);
    send(chunk, chunk.start() + TransferFrames.PREFIX_BYTES, 0, TransferFrames.Kind.END);
    flush();
  }
}
