package io.redoubt.protocol.resp;

/**
 * Bytes that are no RESP. The message is what Redis answers after {@code -ERR }; the connection is
 * of no use afterwards.
 */
public final class ProtocolException extends Exception {

  private static final long serialVersionUID = 1L;

  /** A violation in Redis' words, which begin with {@code Protocol error: }. */
  public ProtocolException(String message) {
    super(message, null, false, false);
  }
}
