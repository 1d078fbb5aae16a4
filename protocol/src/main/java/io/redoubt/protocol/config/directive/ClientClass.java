package io.redoubt.protocol.config.directive;

/** The client classes with separate output limits. */
public enum ClientClass {
  /** All other clients. */
  NORMAL("normal"),
  /** A replica. */
  REPLICA("slave"),
  /** A subscriber of channels or patterns. */
  PUBSUB("pubsub");

  private final String word;

  ClientClass(String word) {
    this.word = word;
  }

  /** Returns the name in CONFIG GET. */
  String word() {
    return word;
  }
}
