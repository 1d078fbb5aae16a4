package io.redoubt.server.replication.master.output;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.redoubt.server.replication.spill.Spill;
import io.redoubt.server.replication.spill.SpillSpace;
import io.redoubt.server.replication.stream.Interleaving;
import io.redoubt.server.replication.stream.TransferFrames;
import io.redoubt.server.replication.stream.TransferFraming;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The transfer of a snapshot to one replica while it is created: ended by a mark, in frames
 * interleaved with the replication stream, or preceded by its length once it is complete. The
 * socket and {@code repl-full-sync-rate} limit its pace; bytes that can't be sent yet wait in a
 * file.
 */
public final class DirectSnapshot implements AutoCloseable {
  private final ReplicaOutput output;
  private final FullSyncRate rate;
  private final Spill spill;

  /** True if the snapshot is collected first and sent after its length. */
  private final boolean measured;

  private final @Nullable String endMark;
  private final @Nullable Interleaving interleaving;
  private final TransferFrames.@Nullable Kind frame;

  /** True once the snapshot is complete. */
  private boolean complete;

  private boolean sent;

  private DirectSnapshot(
      ReplicaOutput output,
      FullSyncRate rate,
      SpillSpace spillSpace,
      boolean measured,
      @Nullable String endMark,
      @Nullable Interleaving interleaving) {
    this.output = output;
    this.measured = measured;
    this.rate = rate;
    spill = new Spill(spillSpace);
    this.endMark = endMark;
    this.interleaving = interleaving;
    frame = interleaving == null ? null : TransferFrames.Kind.SNAPSHOT;
  }

  /** Returns a transfer that ends with a mark. */
  public static DirectSnapshot marked(
      ReplicaOutput output, FullSyncRate rate, SpillSpace spillSpace, String endMark) {
    return new DirectSnapshot(output, rate, spillSpace, false, endMark, null);
  }

  /**
   * Returns a transfer preceded by its length: a file collects the snapshot until that is known.
   */
  public static DirectSnapshot measured(
      ReplicaOutput output, FullSyncRate rate, SpillSpace spillSpace) {
    return new DirectSnapshot(output, rate, spillSpace, true, null, null);
  }

  /**
   * Returns a transfer interleaved with the replication stream.
   *
   * @param maxStreamBytes the bytes of the stream that the replica can buffer
   */
  public static DirectSnapshot interleaved(
      ReplicaOutput output, FullSyncRate rate, SpillSpace spillSpace, long maxStreamBytes) {
    return new DirectSnapshot(
        output, rate, spillSpace, false, null, new Interleaving(maxStreamBytes));
  }

  /** Returns the interleaving with the stream, null if there is none. */
  public @Nullable Interleaving interleaving() {
    return interleaving;
  }

  /** Returns true if a mark ends the transfer, whose end the replica then acknowledges. */
  public boolean isMarked() {
    return endMark != null;
  }

  /** Sends the header, unless it needs the length. */
  public void begin() {
    if (measured) {
      return;
    }
    byte[] header =
        endMark == null
            ? TransferFraming.interleavedHeader()
            : TransferFraming.markedHeader(endMark);
    output.send(new String(header, US_ASCII));
  }

  /** Returns true if more of the snapshot can be sent now. */
  public boolean isReady() {
    return isCollecting() || (spill.isEmpty() && output.mayQueue() && rate.allows());
  }

  /** Returns true while the snapshot is collected in a file. */
  public boolean isCollecting() {
    return measured && !complete;
  }

  /**
   * Accepts the next bytes, and appends them to the file if they can't be sent.
   *
   * @return false if {@link #pump} must send them; true if they were sent, or are collected until
   *     the snapshot is complete
   */
  public boolean add(MemorySegment memory, long offset, long length) throws IOException {
    if (measured || !spill.isEmpty() || !output.mayQueue()) {
      spill.append(memory, offset, length);
      return measured;
    }
    output.send(memory, offset, length, frame);
    spend(length);
    output.flush();
    return true;
  }

  public void complete() {
    complete = true;
    if (measured) {
      output.send(new String(TransferFraming.sizedHeader(spill.waitingBytes()), US_ASCII));
    }
  }

  /**
   * Sends waiting bytes, followed by the end of the transfer if the snapshot is complete.
   *
   * @return the number of bytes sent
   */
  public long pump() throws IOException {
    if (isCollecting()) {
      return 0;
    }
    long bytes = 0;
    while (!spill.isEmpty() && output.mayQueue() && rate.allows()) {
      int read = output.sendFrom(spill::read, Long.MAX_VALUE, frame);
      spend(read);
      bytes += read;
    }
    output.flush();
    if (complete && spill.isEmpty() && !sent) {
      sent = true;
      if (interleaving != null) {
        output.sendEndFrame();
      } else if (endMark != null) {
        output.send(endMark);
      }
    }
    return bytes;
  }

  private void spend(long bytes) {
    rate.spend(bytes);
    if (interleaving != null) {
      interleaving.onSnapshotSent(bytes);
    }
  }

  /** Returns true if no bytes wait to be sent, so that the next ones can be accepted. */
  public boolean isPumped() {
    return isCollecting() || spill.isEmpty();
  }

  /** Returns true if the whole transfer has been sent. */
  public boolean isSent() {
    return sent;
  }

  /** Discards waiting bytes. */
  @Override
  public void close() {
    spill.close();
  }
}
