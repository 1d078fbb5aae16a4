package io.redoubt.sentinel.runtime;

/**
 * What sentinel.conf and SENTINEL CONFIG say for all masters; empty strings and 0 for what is not
 * set.
 *
 * @param announceIp the address to tell others, in place of the one that connections come from
 * @param announcePort the port to tell others, in place of the one listened on
 * @param resolveHostnames whether nodes may be named instead of numbered
 * @param announceHostnames whether names are told to clients, rather than addresses
 * @param sentinelUser the user for AUTH at other sentinels
 * @param sentinelPass the password for AUTH at other sentinels
 * @param denyScriptsReconfig whether SENTINEL SET must not change scripts
 */
public record GlobalOptions(
    String announceIp,
    int announcePort,
    boolean resolveHostnames,
    boolean announceHostnames,
    String sentinelUser,
    String sentinelPass,
    boolean denyScriptsReconfig) {
  /** What holds without any line. */
  public static final GlobalOptions DEFAULTS = new GlobalOptions("", 0, false, false, "", "", true);

  /** The same with another announced address. */
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

  /** The same with another announced port. */
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

  /** The same with names allowed or not. */
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

  /** The same with names told or not. */
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

  /** The same with another user for other sentinels. */
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

  /** The same with another password for other sentinels. */
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

  /** The same with scripts open to SENTINEL SET or not. */
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
