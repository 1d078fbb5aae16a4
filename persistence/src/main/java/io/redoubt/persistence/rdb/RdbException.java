package io.redoubt.persistence.rdb;

import io.redoubt.protocol.process.UserData;

/**
 * Signals invalid or unsupported RDB data, with the offset, the reason and, once a key has been
 * read, its name and type.
 */
public final class RdbException extends Exception implements UserData {

  private static final long serialVersionUID = 1L;

  static final long UNKNOWN_OFFSET = -1;

  private final long offset;
  private final String reason;
  private final String reasonWithoutData;
  private final String place;

  /**
   * Creates an error at an offset.
   *
   * @param offset bytes from the start of the file, stream or payload
   */
  public RdbException(long offset, String reason) {
    this(offset, reason, reason, "");
  }

  private RdbException(long offset, String reason, String reasonWithoutData, String place) {
    super(reason);
    this.offset = offset;
    this.reason = reason;
    this.reasonWithoutData = reasonWithoutData;
    this.place = place;
  }

  /** Returns the refusal of a visitor; the reader adds the offset. */
  public static RdbException refusal(String reason) {
    return refusal(reason, reason);
  }

  /**
   * Returns the refusal of a visitor whose reason has data of users; the reader adds the offset.
   *
   * @param reasonWithoutData the reason for a log that hides such data
   */
  public static RdbException refusal(String reason, String reasonWithoutData) {
    return new RdbException(UNKNOWN_OFFSET, reason, reasonWithoutData, "");
  }

  /**
   * Returns this error with an offset if it has none.
   *
   * @param place the key and its type, in parentheses after a blank, or empty
   */
  RdbException in(long at, String place) {
    return new RdbException(
        offset == UNKNOWN_OFFSET ? at : offset, reason, reasonWithoutData, place);
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

  /** Returns the message for a log; if {@code hidden}, without the key. */
  @Override
  public String text(boolean hidden) {
    return hidden ? reasonWithoutData : getMessage();
  }

  public String reason() {
    return reason;
  }
}
