package io.redoubt.sentinel.runtime;

import java.util.function.Consumer;

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

  /** Returns a copy with the changes that are made to its draft. */
  public GlobalOptions with(Consumer<GlobalDraft> changes) {
    GlobalDraft draft = draft();
    changes.accept(draft);
    return draft.options();
  }

  /** Returns a draft of changed options. */
  public GlobalDraft draft() {
    return new GlobalDraft(this);
  }

  /** Options that can be changed one by one. */
  public static final class GlobalDraft {
    public String announceIp;
    public int announcePort;
    public boolean resolveHostnames;
    public boolean announceHostnames;
    public String sentinelUser;
    public String sentinelPass;
    public boolean denyScriptsReconfig;

    private GlobalDraft(GlobalOptions options) {
      announceIp = options.announceIp;
      announcePort = options.announcePort;
      resolveHostnames = options.resolveHostnames;
      announceHostnames = options.announceHostnames;
      sentinelUser = options.sentinelUser;
      sentinelPass = options.sentinelPass;
      denyScriptsReconfig = options.denyScriptsReconfig;
    }

    public GlobalOptions options() {
      return new GlobalOptions(
          announceIp,
          announcePort,
          resolveHostnames,
          announceHostnames,
          sentinelUser,
          sentinelPass,
          denyScriptsReconfig);
    }
  }
}
