package io.redoubt.protocol.session;

import org.jspecify.annotations.Nullable;

/** The classes of clients in output limits, CLIENT KILL and CLIENT LIST. */
public enum ClientType {
  /** All other clients, including monitors. */
  NORMAL("normal"),
  /** Replicas of this server. */
  REPLICA("slave"),
  /** Clients with subscriptions. */
  PUBSUB("pubsub"),
  /** The master, without output limit. */
  MASTER("master");

  private final String label;

  ClientType(String label) {
    this.label = label;
  }

  /**
   * Returns the type with a name in any case, or null; {@code replica} is accepted for {@code
   * slave}.
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
