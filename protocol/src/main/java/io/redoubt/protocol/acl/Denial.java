package io.redoubt.protocol.acl;

/**
 * Why a request was refused, from the least to the most telling: of several selectors the furthest
 * refusal counts.
 */
public enum Denial {
  /** The command itself. */
  COMMAND("command"),
  /** One of its keys. */
  KEY("key"),
  /** Authentication failed. */
  AUTH("auth"),
  /** One of its channels. */
  CHANNEL("channel");

  private final String label;

  Denial(String label) {
    this.label = label;
  }

  /** The reason in ACL LOG. */
  public String label() {
    return label;
  }
}
