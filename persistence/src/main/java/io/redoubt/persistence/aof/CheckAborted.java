package io.redoubt.persistence.aof;

/** A check that can't go on; its message is what the tool prints last, line ends included. */
final class CheckAborted extends Exception {

  private static final long serialVersionUID = 1L;

  CheckAborted(String message) {
    super(message);
  }
}
