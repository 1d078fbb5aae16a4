package io.redoubt.sentinel.message;

/** Checks of epochs, which number failovers. Epochs never decrease, so they must not overflow. */
public final class Epochs {
  private Epochs() {}

  /** Returns true if an epoch may be taken from another process: a later one is still possible. */
  public static boolean isPossible(long epoch) {
    return epoch >= 0 && epoch < Long.MAX_VALUE;
  }
}
