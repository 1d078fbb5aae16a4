package io.redoubt.persistence.rdb;

/**
 * Bytes that are no valid RDB, or that hold something this version can't take; says where and why.
 */
public final class RdbException extends Exception {

  private static final long serialVersionUID = 1L;

  static final long UNKNOWN_OFFSET = -1;

  private final long offset;
  private final String reason;

  /**
   * An error at a place in the bytes.
   *
   * @param offset bytes from the start of the file, stream or payload
   * @param reason what is wrong there
   */
  public RdbException(long offset, String reason) {
    super(reason);
    this.offset = offset;
    this.reason = reason;
  }

  /** A visitor's refusal of what it was told: the reader adds the place. */
  public static RdbException refusal(String reason) {
    return new RdbException(UNKNOWN_OFFSET, reason);
  }

  /** Bytes from the start of the file, stream or payload to the place of the error. */
  public long offset() {
    return offset;
  }

  /** What is wrong there; the same as the message. */
  public String reason() {
    return reason;
  }
}
