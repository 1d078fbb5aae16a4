package io.redoubt.persistence.rdb;

/** Signals invalid or unsupported RDB data, with the offset and the reason. */
public final class RdbException extends Exception {

  private static final long serialVersionUID = 1L;

  static final long UNKNOWN_OFFSET = -1;

  private final long offset;
  private final String reason;

  /**
   * Creates an error at an offset.
   *
   * @param offset bytes from the start of the file, stream or payload
   * @param reason the reason
   */
  public RdbException(long offset, String reason) {
    super(reason);
    this.offset = offset;
    this.reason = reason;
  }

  /** Returns the refusal of a visitor; the reader adds the offset. */
  public static RdbException refusal(String reason) {
    return new RdbException(UNKNOWN_OFFSET, reason);
  }

  /** Returns the offset of the error from the start of the file, stream or payload. */
  public long offset() {
    return offset;
  }

  /** Returns the reason, which is also the message. */
  public String reason() {
    return reason;
  }
}
