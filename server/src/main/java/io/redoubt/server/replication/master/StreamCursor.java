package io.redoubt.server.replication.master;

import io.redoubt.server.replication.master.output.ReplicaOutput;
import io.redoubt.server.replication.master.output.ReplicaOutputLimit;
import io.redoubt.server.replication.spill.Spill;
import io.redoubt.server.replication.stream.Backlog;
import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.TransferFrames;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A replica's position in the stream. Bytes before it have been sent, or wait in a file while the
 * replica is busy with its full sync; the backlog has those after it.
 */
final class StreamCursor implements AutoCloseable {
  private final FeedContext context;
  private final ReplicaOutput output;
  private final Spill spill;
  private final ReplicaOutput.Source fromSpill;
  private final ReplicaOutput.Source fromBacklog;

  /** Offset of the next byte of the stream to send, 0 before the snapshot. */
  private long next;

  StreamCursor(FeedContext context, ReplicaOutput output) {
    this.context = context;
    this.output = output;
    spill = new Spill(context.spillSpace());
    fromSpill = spill::read;
    fromBacklog = (to, at, room) -> (int) context.backlog().read(next, to, at, room);
  }

  /** Sets the offset of the next byte to send. */
  void moveTo(long offset) {
    next = offset;
  }

  /** Returns true if every byte before the position may be sent, as it is durable enough. */
  boolean isShown() {
    return next <= context.shownEnd();
  }

  /** Returns true if the whole stream has been sent. */
  boolean isAtEnd() {
    return spill.isEmpty() && next == context.backlog().nextOffset();
  }

  /** Returns the lowest offset that the backlog must retain. */
  long neededFrom() {
    return next == 0 ? Backlog.NOBODY : next;
  }

  /** Returns the bytes of the stream that have not been sent. */
  long pendingBytes() {
    long behind = next == 0 ? 0 : context.backlog().nextOffset() - next;
    return behind + spill.waitingBytes();
  }

  /**
   * Sends as much of the stream as the socket's queue accepts.
   *
   * @param most the maximum, in bytes
   * @param interleaving the interleaving with a snapshot, which counts sent bytes; null if there is
   *     none
   * @throws IOException if the file of waiting bytes can't be read; it is closed then
   */
  void send(long most, @Nullable Interleaving interleaving) throws IOException {
    TransferFrames.Kind frame = interleaving == null ? null : TransferFrames.Kind.COMMANDS;
    long end = context.shownEnd();
    long left = most;
    while (left > 0 && output.mayQueue()) {
      int sent;
      if (!spill.isEmpty()) {
        sent = sendSpilled(left, frame);
      } else if (next < end) {
        if (output.queuedBytes() > 0 && end - next < ReplicaOutput.CHUNK_BYTES) {
          output.flush();
          if (output.queuedBytes() > 0) {
            return; // the socket is full: a few more bytes would need another chunk
          }
        }
        sent = output.sendFrom(fromBacklog, Math.min(left, end - next), frame);
        next += sent;
      } else {
        return;
      }
      left -= sent;
      if (interleaving != null) {
        interleaving.onStreamSent(sent);
      }
    }
  }

  private int sendSpilled(long most, TransferFrames.@Nullable Kind frame) throws IOException {
    try {
      return output.sendFrom(fromSpill, most, frame);
    } catch (IOException e) {
      spill.close();
      throw e;
    }
  }

  /**
   * Moves the pending stream to a file if it exceeds both the backlog and the output limit, so that
   * it does not accumulate in memory. Without an output limit it stays in memory, as configured.
   *
   * @throws IOException if the file can't be written
   */
  void spillIfLarge(ReplicaOutputLimit limit) throws IOException {
    Backlog backlog = context.backlog();
    if (backlog.nextOffset() - next <= limit.mostInMemory(backlog.sizeBytes())) {
      return;
    }
    MemorySegment piece = context.piece();
    long end = context.shownEnd();
    while (next < end) {
      long read = backlog.read(next, piece, 0, Math.min(piece.byteSize(), end - next));
      spill.append(piece, 0, read);
      next += read;
    }
  }

  /** Discards the file of waiting bytes. */
  @Override
  public void close() {
    spill.close();
  }
}
