package io.redoubt.protocol.pem;

/** A private key or certificate that can't be used; the message completes the name of the file. */
public final class KeyFormatException extends Exception {
  private static final long serialVersionUID = 1;

  KeyFormatException(String message) {
    super(message);
  }

  KeyFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
