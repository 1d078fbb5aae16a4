package io.redoubt.persistence.packed;

/** Signals an invalid packed collection, with the offset and the reason. */
public final class PackedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final long offset;

  PackedException(long offset, String reason) {
    super(reason);
    this.offset = offset;
  }

  /** Returns the offset of the error from the start of the collection. */
  public long offset() {
    return offset;
  }

  /** Returns the reason, which is also the message. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
