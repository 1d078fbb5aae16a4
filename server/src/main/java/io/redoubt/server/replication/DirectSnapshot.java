package io.redoubt.server.replication;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.TransferFrames;
import io.redoubt.server.replication.stream.TransferFraming;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot on its way to one replica as it is made: ended by a mark, or in frames between which
 * the stream goes along; or begun with its length, when all of it has been made. It goes at the
 * pace of the socket and of {@code repl-full-sync-rate}; what has to be taken and can't be sent
 * waits in a file.
 */
final class DirectSnapshot implements AutoCloseable {
  private final ReplicaOutput output;
  private final FullSyncRate rate;
  private final Spill spill;

  /** True if the snapshot is collected first and sent after its length. */
  private final boolean measured;

  private final @Nullable String endMark;
  private final @Nullable Interleaving interleaving;
  private final TransferFrames.@Nullable Kind frame;

  /** True once all of it has been made. */
  private boolean whole;

  private boolean sent;

  private DirectSnapshot(
      ReplicaOutput output,
      Replicas replicas,
      boolean measured,
      @Nullable String endMark,
      @Nullable Interleaving interleaving) {
    this.output = output;
    this.measured = measured;
    rate = replicas.rate();
    spill = new Spill(replicas.spillSpace());
    this.endMark = endMark;
    this.interleaving = interleaving;
    frame = interleaving == null ? null : TransferFrames.Kind.SNAPSHOT;
  }

  /** One that ends with a mark. */
  static DirectSnapshot marked(ReplicaOutput output, Replicas replicas, String endMark) {
    return new DirectSnapshot(output, replicas, false, endMark, null);
  }

  /** One that begins with its length: it waits in a file until that is known. */
  static DirectSnapshot measured(ReplicaOutput output, Replicas replicas) {
    return new DirectSnapshot(output, replicas, true, null, null);
  }

  /**
   * One with which the stream goes along.
   *
   * @param mostStreamBytes how much of the stream the replica keeps
   */
  static DirectSnapshot interleaved(ReplicaOutput output, Replicas replicas, long mostStreamBytes) {
    return new DirectSnapshot(output, replicas, false, null, new Interleaving(mostStreamBytes));
  }

  /** Returns the interleaving with the stream, null if there is none. */
  @Nullable Interleaving interleaving() {
    return interleaving;
  }

  /** Returns true if a mark ends it, after which the replica acknowledges that it has it. */
  boolean isMarked() {
    return endMark != null;
  }

  /** Sends what stands before it, as far as that is known. */
  void begin() {
    if (measured) {
      return;
    }
    byte[] header =
        endMark == null
            ? TransferFraming.interleavedHeader()
            : TransferFraming.markedHeader(endMark);
    output.send(new String(header, US_ASCII));
  }

  /** Returns true if more of it can be sent now. */
  boolean isReady() {
    return isCollecting() || (spill.isEmpty() && output.mayQueue() && rate.allows());
  }

  /** Returns true if nothing of it can be sent before all of it has been made. */
  boolean isCollecting() {
    return measured && !whole;
  }

  /**
   * Takes the next bytes, whether they can be sent or not.
   *
   * @return whether the replica waits no longer for that: they are sent, or there is nothing to
   *     send yet
   */
  boolean add(MemorySegment memory, long offset, long length) throws IOException {
    if (measured || !spill.isEmpty() || !output.mayQueue()) {
      spill.append(memory, offset, length);
      return measured;
    }
    output.send(memory, offset, length, frame);
    spent(length);
    output.flush();
    return true;
  }

  /** All of it has been given. */
  void whole() {
    whole = true;
    if (measured) {
      output.send(new String(TransferFraming.sizedHeader(spill.waitingBytes()), US_ASCII));
    }
  }

  /**
   * Sends what had to wait, and the end when that is due.
   *
   * @return how much was sent
   */
  long pump() throws IOException {
    if (isCollecting()) {
      return 0;
    }
    long bytes = 0;
    while (!spill.isEmpty() && output.mayQueue() && rate.allows()) {
      int read = output.sendFrom(spill::read, Long.MAX_VALUE, frame);
      spent(read);
      bytes += read;
    }
    output.flush();
    if (whole && spill.isEmpty() && !sent) {
      sent = true;
      if (interleaving != null) {
        output.sendEndFrame();
      } else if (endMark != null) {
        output.send(endMark);
      }
    }
    return bytes;
  }

  private void spent(long bytes) {
    rate.spend(bytes);
    if (interleaving != null) {
      interleaving.snapshotSent(bytes);
    }
  }

  /** Returns true if nothing is queued, so that the next bytes can be taken. */
  boolean isPumped() {
    return isCollecting() || spill.isEmpty();
  }

  /** Returns true if it has been sent to its end. */
  boolean isSent() {
    return sent;
  }

  /** Forgets what waits. */
  @Override
  public void close() {
    spill.close();
  }
}
