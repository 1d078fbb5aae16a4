package io.redoubt.protocol.resp;

/**
 * Malformed RESP input. The message is Redis' reply after {@code -ERR }; the connection cannot be
 * used any longer.
 */
public final class ProtocolException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Creates an exception with Redis' message, which starts with {@code Protocol error: }. */
  public ProtocolException(String message) {
    super(message, null, false, false);
  }
}
