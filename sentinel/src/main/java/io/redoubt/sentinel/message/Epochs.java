package io.redoubt.sentinel.message;

/** Validates epochs, which number failovers. Epochs never decrease, so they must not overflow. */
public final class Epochs {
  private Epochs() {}

  /**
   * Returns true if an epoch of another process may be adopted: it must leave room for a later one.
   */
  public static boolean isPossible(long epoch) {
    return epoch >= 0 && epoch < Long.MAX_VALUE;
  }
}
