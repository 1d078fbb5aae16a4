package io.redoubt.dist.client;

/** A mistake on the command line. The message is shown as it is. */
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Creates the exception with the text for the user. */
  public UsageException(String message) {
    super(message);
  }
}
