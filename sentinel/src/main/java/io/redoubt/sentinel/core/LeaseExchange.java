package io.redoubt.sentinel.core;

import io.redoubt.protocol.machine.MachineClock;

/** The exchange of lease messages with one data node. */
final class LeaseExchange {
  /** True if the node requires leases. */
  boolean wanted;

  /** The number of the last offer. */
  long sequence;

  long sentAt = MachineClock.NEVER;

  /** True if the last offer granted a lease. */
  boolean given;

  /** The number of the last answered offer, 0 for none. */
  long answered;

  long answeredAt = MachineClock.NEVER;

  /** True if the node reported that it holds a lease from this sentinel. */
  boolean held;

  /** True if the last offer was sent right after an answer, without waiting for its period. */
  boolean hurried;

  /** True if the node answered the last offer with an error or as an ordinary PING. */
  private boolean refused;

  /** Records the answer; {@code offer} is true if the node understood it as an offer. */
  void onUnderstood(boolean offer) {
    refused = !offer;
  }

  /** Returns true if the node does not accept leases from this sentinel. */
  boolean isRefused() {
    return refused;
  }

  /** Returns true if the last offer has not been answered. */
  boolean isPending() {
    return answered != sequence;
  }
}
