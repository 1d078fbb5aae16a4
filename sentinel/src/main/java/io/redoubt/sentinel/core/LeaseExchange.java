package io.redoubt.sentinel.core;

/** The exchange of leases with one data node. */
final class LeaseExchange {
  /** True if the node wants leases. */
  boolean wanted;

  /** The number of the last offer, and the time at which it was sent. */
  long sequence;

  long sentAt = Link.NEVER;

  /** True if the last offer gave a lease. */
  boolean given;

  /** The last offer that was answered, 0 for none, and the time of that answer. */
  long answered;

  long answeredAt = Link.NEVER;

  /** True if the node reported that it holds a lease of ours. */
  boolean held;

  /** True if the last offer followed an answer at once, without waiting for its period. */
  boolean hurried;

  /** True if the node answered the last offer as if it were an ordinary PING, or by an error. */
  private boolean refused;

  /** Records how the node answered. */
  void understood(boolean offer) {
    refused = !offer;
  }

  /** Returns true if the node does not take leases from this sentinel. */
  boolean isRefused() {
    return refused;
  }

  /** Returns true if the last offer has not been answered. */
  boolean isPending() {
    return answered != sequence;
  }
}
