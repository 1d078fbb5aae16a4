package io.redoubt.sentinel.settings;

/**
 * The times of a crash by SENTINEL SIMULATE-FAILURE.
 *
 * @param afterElection true to crash when elected
 * @param afterPromotion true to crash once the chosen replica is master
 */
public record SimulatedCrash(boolean afterElection, boolean afterPromotion) {
  /** No crash. */
  public static final SimulatedCrash NONE = new SimulatedCrash(false, false);
}
