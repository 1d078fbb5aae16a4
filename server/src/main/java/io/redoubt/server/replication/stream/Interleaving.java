package io.redoubt.server.replication.stream;

/**
 * Whose turn it is in an interleaved transfer to one replica. The stream goes at once where the
 * link takes it; where it doesn't, snapshot and stream get half of it each, so that neither a
 * master that is written to faster than the link makes the sync endless, nor a large snapshot has
 * the stream pile up. More of the stream than the replica keeps stays with the master until the
 * snapshot is sent.
 */
public final class Interleaving {
  /** By how much the stream may be ahead of the snapshot. */
  static final long LEAD_BYTES = 64 * 1024;

  private final long mostStreamBytes;
  private long snapshotBytes;
  private long streamBytes;

  /**
   * Nothing has been sent.
   *
   * @param mostStreamBytes how much of the stream the replica keeps
   */
  public Interleaving(long mostStreamBytes) {
    this.mostStreamBytes = mostStreamBytes;
  }

  /** Bytes of the snapshot are on their way. */
  public void snapshotSent(long bytes) {
    snapshotBytes += bytes;
  }

  /** Bytes of the stream are on their way. */
  public void streamSent(long bytes) {
    streamBytes += bytes;
  }

  /** The bytes of the stream that have been sent. */
  public long streamBytes() {
    return streamBytes;
  }

  /**
   * Returns the bytes of stream that may be sent now.
   *
   * @param snapshotWaits true if bytes of the snapshot could be sent in their place
   */
  public long allowance(boolean snapshotWaits) {
    long most = mostStreamBytes - streamBytes;
    if (snapshotWaits) {
      most = Math.min(most, snapshotBytes + LEAD_BYTES - streamBytes);
    }
    return Math.max(0, most);
  }

  /**
   * Returns the byte count in a capability of that form, 0 if it is another or is malformed.
   *
   * @param capability as the replica announces it
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
