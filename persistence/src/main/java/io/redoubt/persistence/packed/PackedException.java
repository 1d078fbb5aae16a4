package io.redoubt.persistence.packed;

/** Bytes that are no valid packed collection; says where and why. */
public final class PackedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final long offset;

  PackedException(long offset, String reason) {
    super(reason);
    this.offset = offset;
  }

  /** Bytes from the start of the collection to the place of the error. */
  public long offset() {
    return offset;
  }

  /** What is wrong there; the same as the message. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
