package io.redoubt.dist.cli;

/** A mistake on the command line. The message is shown as it is. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
