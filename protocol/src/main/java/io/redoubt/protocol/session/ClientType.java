package io.redoubt.protocol.session;

import org.jspecify.annotations.Nullable;

/**
 * The classes of clients that have output limits of their own and that CLIENT KILL and LIST tell
 * apart.
 */
public enum ClientType {
  /** Everybody else; MONITOR clients too. */
  NORMAL("normal"),
  /** Replicas fed by this server. */
  REPLICA("slave"),
  /** Clients with subscriptions. */
  PUBSUB("pubsub"),
  /** The master. Has no output limit. */
  MASTER("master");

  private final String label;

  ClientType(String label) {
    this.label = label;
  }

  /** The name, with the old word for replicas as in {@code client-output-buffer-limit}. */
  public String label() {
    return label;
  }

  /**
   * The type of that name, whatever its case, or null; {@code replica} and {@code slave} are one.
   */
  public static @Nullable ClientType named(String name) {
    if (name.equalsIgnoreCase("replica")) {
      return REPLICA;
    }
    for (ClientType type : values()) {
      if (type.label.equalsIgnoreCase(name)) {
        return type;
      }
    }
    return null;
  }
}
