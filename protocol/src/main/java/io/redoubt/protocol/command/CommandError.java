package io.redoubt.protocol.command;

/**
 * An error reply, thrown by a command. Has no stack trace because it is a reply, not a program
 * error.
 */
public final class CommandError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_CODE_CHARS = 30;

  /**
   * Creates an error.
   *
   * @param text the reply with its code and without the leading minus, such as {@code ERR syntax
   *     error}
   */
  public CommandError(String text) {
    super(text, null, false, false);
  }

  /** Returns the text of the reply, with its code. */
  public String text() {
    String message = getMessage();
    return message == null ? "ERR" : message;
  }

  /**
   * Returns the code counted by {@code errorstat_}: the first word of the text as it is sent, with
   * blanks for ends of lines, or ERR if the text has one word only or the word is too long for a
   * code.
   */
  public String code() {
    String text = text();
    for (int i = 0; i < text.length() && i <= MAX_CODE_CHARS; i++) {
      if (text.charAt(i) == ' ' || text.charAt(i) == '\r' || text.charAt(i) == '\n') {
        return text.substring(0, i);
      }
    }
    return "ERR";
  }
}
