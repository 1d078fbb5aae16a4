package io.redoubt.sentinel.core;

/**
 * The settings of a sentinel for all masters.
 *
 * @param port the listening port, announced unless announcePort is set
 * @param announceIp the announced IP address, empty for the source address of our connections
 * @param announcePort the announced port, 0 for {@code port}
 * @param resolveHostnames true if nodes may be given by host name
 * @param announceHostnames true if host names are announced instead of addresses
 * @param sentinelUser the user for AUTH at other sentinels, empty for none
 * @param sentinelPass the password for AUTH at other sentinels, empty for none
 * @param crashAfterElection SENTINEL SIMULATE-FAILURE: crash when elected
 * @param crashAfterPromotion SENTINEL SIMULATE-FAILURE: crash once the chosen replica is master
 */
public record Settings(
    int port,
    String announceIp,
    int announcePort,
    boolean resolveHostnames,
    boolean announceHostnames,
    String sentinelUser,
    String sentinelPass,
    boolean crashAfterElection,
    boolean crashAfterPromotion,
    Timings timings) {
  /** Returns settings without announced address and password. */
  public static Settings listeningOn(int port) {
    return new Settings(port, "", 0, false, false, "", "", false, false, Timings.DEFAULTS);
  }

  /** Returns the announced port. */
  public int announcedPort() {
    return announcePort == 0 ? port : announcePort;
  }

  /** Returns a copy with other timings. */
  public Settings with(Timings changed) {
    return new Settings(
        port,
        announceIp,
        announcePort,
        resolveHostnames,
        announceHostnames,
        sentinelUser,
        sentinelPass,
        crashAfterElection,
        crashAfterPromotion,
        changed);
  }
}
