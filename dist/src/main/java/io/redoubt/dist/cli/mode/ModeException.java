package io.redoubt.dist.cli.mode;

/** The reason why a mode can't continue, as text for the user. */
public final class ModeException extends Exception {
  private static final long serialVersionUID = 1L;

  ModeException(String message) {
    super(message);
  }
}
