package io.redoubt.protocol.resp;

/** What a request may be at most. One instance a server; it may be changed while it is in use. */
public final class Limits {

  /** A line that isn't at its end after so many bytes never will be. */
  static final int MAX_LINE_BYTES = 64 * 1024;

  /** Arguments that a client may send before it has authenticated itself. */
  static final int MAX_UNAUTHENTICATED_COUNT = 10;

  /** Bytes of an argument of a client that hasn't authenticated itself. */
  static final int MAX_UNAUTHENTICATED_BULK_BYTES = 16384;

  private static final long DEFAULT_MAX_BULK_BYTES = 512L * 1024 * 1024;

  private long maxBulkBytes = DEFAULT_MAX_BULK_BYTES;

  /** The longest argument, in bytes: {@code proto-max-bulk-len}. */
  public long maxBulkBytes() {
    return maxBulkBytes;
  }

  /** Sets the longest argument, in bytes. */
  public void maxBulkBytes(long bytes) {
    maxBulkBytes = bytes;
  }
}
