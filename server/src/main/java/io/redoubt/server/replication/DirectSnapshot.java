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
 * the stream goes along. It goes at the pace of the socket and of {@code repl-full-sync-rate}; what
 * has to be taken and can't be sent waits in a file.
 */
final class DirectSnapshot implements AutoCloseable {
  private final ReplicaOutput output;
  private final FullSyncRate rate;
  private final Spill spill;
  private final @Nullable String endMark;
  private final @Nullable Interleaving interleaving;
  private final TransferFrames.@Nullable Kind frame;

  /** Whether all of it has been made. */
  private boolean whole;

  private boolean sent;

  private DirectSnapshot(
      ReplicaOutput output,
      Replicas replicas,
      @Nullable String endMark,
      @Nullable Interleaving interleaving) {
    this.output = output;
    rate = replicas.rate();
    spill = new Spill(replicas.spillSpace());
    this.endMark = endMark;
    this.interleaving = interleaving;
    frame = interleaving == null ? null : TransferFrames.Kind.SNAPSHOT;
  }

  /** One that ends with a mark. */
  static DirectSnapshot marked(ReplicaOutput output, Replicas replicas, String endMark) {
    return new DirectSnapshot(output, replicas, endMark, null);
  }

  /**
   * One with which the stream goes along.
   *
   * @param mostStreamBytes how much of the stream the replica keeps
   */
  static DirectSnapshot interleaved(ReplicaOutput output, Replicas replicas, long mostStreamBytes) {
    return new DirectSnapshot(output, replicas, null, new Interleaving(mostStreamBytes));
  }

  /** How the stream goes along with it, null if it doesn't. */
  @Nullable Interleaving interleaving() {
    return interleaving;
  }

  /** Sends what stands before it. */
  void begin() {
    byte[] header =
        endMark == null
            ? TransferFraming.interleavedHeader()
            : TransferFraming.markedHeader(endMark);
    output.send(new String(header, US_ASCII));
  }

  /** Whether more of it can be sent now. */
  boolean isReady() {
    return spill.isEmpty() && output.mayQueue() && rate.allows();
  }

  /**
   * Takes the next bytes, whether they can be sent or not.
   *
   * @return whether they are
   */
  boolean add(MemorySegment memory, long offset, long length) throws IOException {
    if (!spill.isEmpty() || !output.mayQueue()) {
      spill.append(memory, offset, length);
      return false;
    }
    output.send(memory, offset, length, frame);
    spent(length);
    output.flush();
    return true;
  }

  /** All of it has been given. */
  void whole() {
    whole = true;
  }

  /**
   * Sends what had to wait, and the end when that is due.
   *
   * @return how much was sent
   */
  long pump() throws IOException {
    long bytes = 0;
    while (!spill.isEmpty() && output.mayQueue() && rate.allows()) {
      int read = output.sendFrom(spill::read, Long.MAX_VALUE, frame);
      spent(read);
      bytes += read;
    }
    output.flush();
    if (whole && spill.isEmpty() && !sent) {
      sent = true;
      if (endMark == null) {
        output.sendEndFrame();
      } else {
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

  /** Whether the next bytes could be taken: nothing waits. */
  boolean isPumped() {
    return spill.isEmpty();
  }

  /** Whether it is sent to its end. */
  boolean isSent() {
    return sent;
  }

  /** Forgets what waits. */
  @Override
  public void close() {
    spill.close();
  }
}
