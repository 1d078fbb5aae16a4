package io.redoubt.persistence.aof.check;

/** Ends a check that can't continue; the message is the tool's last output, including line ends. */
public final class CheckAborted extends Exception {

  private static final long serialVersionUID = 1L;

  public CheckAborted(String message) {
    super(message);
  }
}
