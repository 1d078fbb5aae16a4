package io.redoubt.protocol.command;

/**
 * An error reply on its way to the client. Carries no stack trace: it is a reply, not a fault of
 * the program.
 */
public final class CommandError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MOST_CODE_CHARS = 30;

  /**
   * Makes an error.
   *
   * @param text the reply with its code and without the leading minus, such as {@code ERR syntax
   *     error}
   */
  public CommandError(String text) {
    super(text, null, false, false);
  }

  /** The reply's text, with its code. */
  public String text() {
    String message = getMessage();
    return message == null ? "ERR" : message;
  }

  /**
   * The code as {@code errorstat_} counts it: the first word of the text, but ERR when that is the
   * only one or too long for a code.
   */
  public String code() {
    String text = text();
    int blank = text.indexOf(' ');
    return blank < 0 || blank > MOST_CODE_CHARS ? "ERR" : text.substring(0, blank);
  }
}
