package io.redoubt.sentinel.core;

/** The epochs that count failovers. They never fall, so they must never wrap. */
final class Epochs {
  private Epochs() {}

  /** Returns true if an epoch may be taken from another process: a later one is still possible. */
  static boolean isPossible(long epoch) {
    return epoch >= 0 && epoch < Long.MAX_VALUE;
  }
}
