package io.redoubt.sentinel.settings;

/**
 * The operator's scripts of a master; unset ones are empty.
 *
 * @param notification the script run at events of level warning
 * @param clientReconfig the script run when the master's address changes
 */
public record ScriptPaths(String notification, String clientReconfig) {
  /** No scripts. */
  public static final ScriptPaths NONE = new ScriptPaths("", "");
}
