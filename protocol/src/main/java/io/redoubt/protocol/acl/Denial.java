package io.redoubt.protocol.acl;

/**
 * The reason for denying a request, from the least to the most specific: of several selectors the
 * most specific denial is reported.
 */
public enum Denial {
  /** A database. */
  DATABASE("database"),
  /** The command itself. */
  COMMAND("command"),
  /** One of its keys. */
  KEY("key"),
  /** Authentication failed. */
  AUTH("auth"),
  /** One of its channels. */
  CHANNEL("channel"),
  /** The certificate of a client names no user that may log in. */
  CERTIFICATE("tls-cert");

  private final String label;

  Denial(String label) {
    this.label = label;
  }

  /** Returns the reason in ACL LOG. */
  public String label() {
    return label;
  }
}
