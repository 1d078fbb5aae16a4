package io.redoubt.sentinel.settings;

/**
 * The points of a failover at which SENTINEL SIMULATE-FAILURE makes the process crash.
 *
 * @param afterElection true to crash once elected
 * @param afterPromotion true to crash once the chosen replica is a master
 */
public record SimulatedCrash(boolean afterElection, boolean afterPromotion) {
  /** No crash. */
  public static final SimulatedCrash NONE = new SimulatedCrash(false, false);
}
