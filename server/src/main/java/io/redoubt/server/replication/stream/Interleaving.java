package io.redoubt.server.replication.stream;

/**
 * The alternation of snapshot and stream in an interleaved transfer to one replica. The stream is
 * sent at once if the link accepts it. Otherwise snapshot and stream get half of the link each, so
 * that neither fast writes make the sync endless nor a large snapshot makes the stream accumulate.
 * The master keeps the part of the stream that exceeds the replica's buffer until the snapshot is
 * sent.
 */
public final class Interleaving {
  /** The maximum lead of the stream over the snapshot. */
  static final long LEAD_BYTES = 64 * 1024;

  private final long maxStreamBytes;
  private long snapshotBytes;
  private long streamBytes;

  /**
   * Creates the state before anything was sent.
   *
   * @param maxStreamBytes the bytes of the stream that the replica can buffer
   */
  public Interleaving(long maxStreamBytes) {
    this.maxStreamBytes = maxStreamBytes;
  }

  public void onSnapshotSent(long bytes) {
    snapshotBytes += bytes;
  }

  public void onStreamSent(long bytes) {
    streamBytes += bytes;
  }

  /**
   * Returns the bytes of stream that may be sent now.
   *
   * @param snapshotWaits true if bytes of the snapshot could be sent in their place
   */
  public long allowance(boolean snapshotWaits) {
    long most = maxStreamBytes - streamBytes;
    if (snapshotWaits) {
      most = Math.min(most, snapshotBytes + LEAD_BYTES - streamBytes);
    }
    return Math.max(0, most);
  }

  /**
   * Returns the byte count in an offer to interleave, 0 if the capability is another one or
   * malformed.
   */
  public static long offeredBytes(String capability) {
    if (!capability.startsWith(TransferFrames.CAPABILITY)) {
      return 0;
    }
    try {
      return Math.max(0, Long.parseLong(capability.substring(TransferFrames.CAPABILITY.length())));
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }
}
