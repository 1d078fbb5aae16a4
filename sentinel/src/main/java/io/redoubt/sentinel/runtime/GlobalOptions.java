package io.redoubt.sentinel.runtime;

/**
 * The options of sentinel.conf and SENTINEL CONFIG that hold for all masters; unset ones are empty
 * or 0.
 *
 * @param announceIp the announced address, instead of the source address of connections
 * @param announcePort the announced port, instead of the listening port
 * @param resolveHostnames true if nodes may be given by host name
 * @param announceHostnames true if clients get host names instead of addresses
 * @param sentinelUser the user for AUTH at other sentinels
 * @param sentinelPass the password for AUTH at other sentinels
 * @param denyScriptsReconfig true if SENTINEL SET must not change scripts
 */
public record GlobalOptions(
    String announceIp,
    int announcePort,
    boolean resolveHostnames,
    boolean announceHostnames,
    String sentinelUser,
    String sentinelPass,
    boolean denyScriptsReconfig) {
  /** The defaults. */
  public static final GlobalOptions DEFAULTS = new GlobalOptions("", 0, false, false, "", "", true);

  /** Returns a copy with another announced address. */
  public GlobalOptions withAnnounceIp(String value) {
    return new GlobalOptions(
        value,
        announcePort,
        resolveHostnames,
        announceHostnames,
        sentinelUser,
        sentinelPass,
        denyScriptsReconfig);
  }

  /** Returns a copy with another announced port. */
  public GlobalOptions withAnnouncePort(int value) {
    return new GlobalOptions(
        announceIp,
        value,
        resolveHostnames,
        announceHostnames,
        sentinelUser,
        sentinelPass,
        denyScriptsReconfig);
  }

  /** Returns a copy with host names allowed or not. */
  public GlobalOptions withResolveHostnames(boolean value) {
    return new GlobalOptions(
        announceIp,
        announcePort,
        value,
        announceHostnames,
        sentinelUser,
        sentinelPass,
        denyScriptsReconfig);
  }

  /** Returns a copy with host names announced or not. */
  public GlobalOptions withAnnounceHostnames(boolean value) {
    return new GlobalOptions(
        announceIp,
        announcePort,
        resolveHostnames,
        value,
        sentinelUser,
        sentinelPass,
        denyScriptsReconfig);
  }

  /** Returns a copy with another user for other sentinels. */
  public GlobalOptions withSentinelUser(String value) {
    return new GlobalOptions(
        announceIp,
        announcePort,
        resolveHostnames,
        announceHostnames,
        value,
        sentinelPass,
        denyScriptsReconfig);
  }

  /** Returns a copy with another password for other sentinels. */
  public GlobalOptions withSentinelPass(String value) {
    return new GlobalOptions(
        announceIp,
        announcePort,
        resolveHostnames,
        announceHostnames,
        sentinelUser,
        value,
        denyScriptsReconfig);
  }

  /** Returns a copy with SENTINEL SET allowed to change scripts or not. */
  public GlobalOptions withDenyScriptsReconfig(boolean value) {
    return new GlobalOptions(
        announceIp,
        announcePort,
        resolveHostnames,
        announceHostnames,
        sentinelUser,
        sentinelPass,
        value);
  }
}
