package io.redoubt.sentinel.core;

/**
 * What holds for a sentinel as a whole.
 *
 * @param port where it listens, which it tells the others unless announcePort is set
 * @param announceIp the IP address to tell others, empty for the one our connections come from
 * @param announcePort the port to tell others, 0 for {@code port}
 * @param resolveHostnames whether nodes may be named instead of numbered
 * @param announceHostnames whether names of hosts are told to others rather than addresses
 * @param sentinelUser the user for AUTH at other sentinels, empty for none
 * @param sentinelPass the password for AUTH at other sentinels, empty for none
 * @param crashAfterElection SENTINEL SIMULATE-FAILURE: die when elected
 * @param crashAfterPromotion SENTINEL SIMULATE-FAILURE: die when the chosen replica is master
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
  /** Settings of a sentinel that announces what it has and needs no password. */
  public static Settings listeningOn(int port) {
    return new Settings(port, "", 0, false, false, "", "", false, false, Timings.DEFAULTS);
  }

  /** The port that others are told. */
  public int announcedPort() {
    return announcePort == 0 ? port : announcePort;
  }

  /** The same with other timings. */
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
