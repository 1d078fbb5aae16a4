package io.redoubt.protocol.resp;

/**
 * The size limits of requests. One instance per server; the limits may change while it is in use.
 */
public final class Limits {

  /** The maximum length of an inline request or header line, in bytes. */
  static final int MAX_LINE_BYTES = 64 * 1024;

  /** The maximum number of arguments before authentication. */
  static final int MAX_UNAUTHENTICATED_COUNT = 10;

  /** The maximum length of an argument before authentication, in bytes. */
  static final int MAX_UNAUTHENTICATED_BULK_BYTES = 16384;

  private static final long DEFAULT_MAX_BULK_BYTES = 512L * 1024 * 1024;

  private long maxBulkBytes = DEFAULT_MAX_BULK_BYTES;

  /** Returns the maximum length of an argument, in bytes: {@code proto-max-bulk-len}. */
  public long maxBulkBytes() {
    return maxBulkBytes;
  }

  /** Sets the maximum length of an argument, in bytes. */
  public void setMaxBulkBytes(long bytes) {
    maxBulkBytes = bytes;
  }
}
