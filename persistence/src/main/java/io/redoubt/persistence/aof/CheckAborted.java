package io.redoubt.persistence.aof;

/** Ends a check that can't continue; the message is the tool's last output, including line ends. */
final class CheckAborted extends Exception {

  private static final long serialVersionUID = 1L;

  CheckAborted(String message) {
    super(message);
  }
}
