package io.redoubt.persistence.rdb;

/**
 * Bytes that are no valid RDB, or that hold something this version can't take; says where and why.
 */
public final class RdbException extends Exception {

  private static final long serialVersionUID = 1L;

  private final long offset;

  /**
   * An error at a place in the bytes.
   *
   * @param offset bytes from the start of the file, stream or payload
   * @param reason what is wrong there
   */
  public RdbException(long offset, String reason) {
    super(reason);
    this.offset = offset;
  }

  /** Bytes from the start of the file, stream or payload to the place of the error. */
  public long offset() {
    return offset;
  }
}
