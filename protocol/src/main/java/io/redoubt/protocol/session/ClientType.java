package io.redoubt.protocol.session;

import org.jspecify.annotations.Nullable;

/** The client classes with separate output limits, distinguished by CLIENT KILL and LIST. */
public enum ClientType {
  /** All other clients, including MONITOR clients. */
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

  /** Returns the name, with the old term for replicas as in {@code client-output-buffer-limit}. */
  public String label() {
    return label;
  }

  /**
   * Returns the type of that name, in any case, or null; {@code replica} and {@code slave} are the
   * same.
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
