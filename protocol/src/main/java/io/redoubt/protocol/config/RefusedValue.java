package io.redoubt.protocol.config;

/** A value that a directive does not take, with the reason in Redis' words. */
public final class RefusedValue extends Exception {
  private static final long serialVersionUID = 1;

  /**
   * Refuses a value.
   *
   * @param reason what an operator reads, for instance {@code argument must be 'yes' or 'no'}
   */
  public RefusedValue(String reason) {
    super(reason, null, false, false);
  }

  /** Refuses a value because of a failure. */
  public RefusedValue(String reason, Throwable cause) {
    super(reason, cause, false, false);
  }

  /** The reason; never null. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
