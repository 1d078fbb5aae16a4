package io.redoubt.persistence.rdb;

/**
 * Signals invalid or unsupported RDB data, with the offset, the reason and, once a key has been
 * read, its name and type.
 */
public final class RdbException extends Exception {

  private static final long serialVersionUID = 1L;

  static final long UNKNOWN_OFFSET = -1;

  private final long offset;
  private final String reason;
  private final String place;

  /**
   * Creates an error at an offset.
   *
   * @param offset bytes from the start of the file, stream or payload
   */
  public RdbException(long offset, String reason) {
    this(offset, reason, "");
  }

  private RdbException(long offset, String reason, String place) {
    super(reason);
    this.offset = offset;
    this.reason = reason;
    this.place = place;
  }

  /** Returns the refusal of a visitor; the reader adds the offset. */
  public static RdbException refusal(String reason) {
    return new RdbException(UNKNOWN_OFFSET, reason);
  }

  /**
   * Returns this error with an offset if it has none.
   *
   * @param place the key and its type, in parentheses after a blank, or empty
   */
  RdbException in(long at, String place) {
    return new RdbException(offset == UNKNOWN_OFFSET ? at : offset, reason, place);
  }

  /** Returns the offset of the error from the start of the file, stream or payload. */
  public long offset() {
    return offset;
  }

  /** Returns the reason, the key and its type. */
  @Override
  public String getMessage() {
    return reason + place;
  }

  public String reason() {
    return reason;
  }
}
