package io.redoubt.protocol.config.directive;

/** A directive refused a value; the reason is in Redis' words. */
public final class RefusedValue extends Exception {
  private static final long serialVersionUID = 1;

  /**
   * Refuses a value.
   *
   * @param reason the message for the operator, such as {@code argument must be 'yes' or 'no'}
   */
  public RefusedValue(String reason) {
    super(reason, null, false, false);
  }

  /** Refuses a value because of an exception. */
  public RefusedValue(String reason, Throwable cause) {
    super(reason, cause, false, false);
  }

  /** Returns the reason; never null. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
