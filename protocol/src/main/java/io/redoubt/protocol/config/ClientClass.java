package io.redoubt.protocol.config;

/** The classes of clients that have output limits of their own. */
public enum ClientClass {
  /** Everybody else. */
  NORMAL("normal"),
  /** A replica. */
  REPLICA("slave"),
  /** A client that subscribes to channels or patterns. */
  PUBSUB("pubsub");

  private final String word;

  ClientClass(String word) {
    this.word = word;
  }

  /** The class as CONFIG GET has it. */
  String word() {
    return word;
  }
}
