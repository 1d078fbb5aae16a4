package io.redoubt.server.cluster.message;

/** Signals bytes that are not a valid message; the connection must be closed. */
public final class MalformedMessage extends Exception {
  private static final long serialVersionUID = 1;

  /** Creates an exception with the reason for the log. */
  public MalformedMessage(String reason) {
    super(reason);
  }
}
