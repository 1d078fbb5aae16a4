package io.redoubt.protocol.pubsub;

/** The kinds of subscription, with the event names of their confirmations and messages. */
public enum ChannelKind {
  /** A channel by its name. */
  CHANNEL("subscribe", "unsubscribe", "message"),
  /** All channels that match a glob pattern. */
  PATTERN("psubscribe", "punsubscribe", "pmessage"),
  /** A channel that belongs to a cluster slot, in a namespace of its own. */
  SHARD_CHANNEL("ssubscribe", "sunsubscribe", "smessage");

  private final String subscribed;
  private final String unsubscribed;
  private final String message;

  ChannelKind(String subscribed, String unsubscribed, String message) {
    this.subscribed = subscribed;
    this.unsubscribed = unsubscribed;
    this.message = message;
  }

  String subscribed() {
    return subscribed;
  }

  String unsubscribed() {
    return unsubscribed;
  }

  String message() {
    return message;
  }
}
