package io.redoubt.dist.load;

/** The reason why a run can't continue, as text for the user. */
final class LoadException extends Exception {
  private static final long serialVersionUID = 1L;

  LoadException(String message) {
    super(message);
  }
}
