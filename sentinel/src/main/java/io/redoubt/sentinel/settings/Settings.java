package io.redoubt.sentinel.settings;

/**
 * The settings of a sentinel for all masters.
 *
 * @param port the listening port, announced unless announcePort is set
 * @param announceIp the announced IP address, empty for the source address of our connections
 * @param announcePort the announced port, 0 for {@code port}
 * @param resolveHostnames true if nodes may be given by host name
 * @param announceHostnames true if host names are announced instead of addresses
 * @param peers the login at other sentinels
 */
public record Settings(
    int port,
    String announceIp,
    int announcePort,
    boolean resolveHostnames,
    boolean announceHostnames,
    NodeAccess peers,
    SimulatedCrash crash,
    Timings timings) {
  /** Returns settings with an announced port but no announced address and no password. */
  public static Settings listeningOn(int port) {
    return new Settings(
        port, "", 0, false, false, NodeAccess.of("", ""), SimulatedCrash.NONE, Timings.DEFAULTS);
  }

  public int announcedPort() {
    return announcePort == 0 ? port : announcePort;
  }

  /** Returns a copy with other timings. */
  public Settings with(Timings changed) {
    return new Settings(
        port, announceIp, announcePort, resolveHostnames, announceHostnames, peers, crash, changed);
  }

  /** Returns a copy with other points of a simulated crash. */
  public Settings with(SimulatedCrash changed) {
    return new Settings(
        port,
        announceIp,
        announcePort,
        resolveHostnames,
        announceHostnames,
        peers,
        changed,
        timings);
  }
}
