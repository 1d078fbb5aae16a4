package io.redoubt.protocol.command;

import java.util.Locale;

/**
 * A property of a command, evaluated before its execution and shown in replies. Declared in the
 * order of COMMAND INFO; the last few are never shown.
 */
public enum Flag {
  /** May change the dataset. */
  WRITE,
  /** Reads keys without changing anything. */
  READONLY,
  /** Refused while the server is over its memory limit and cannot free memory. */
  DENYOOM,
  /** Added by a module. */
  MODULE,
  /** An administrative command. */
  ADMIN,
  /** Uses channels. */
  PUBSUB,
  /** Not permitted in scripts. */
  NOSCRIPT,
  /** May block the client. */
  BLOCKING,
  /** Permitted while the dataset is being loaded. */
  LOADING,
  /** Permitted on a replica that has lost its master link and must not serve stale data. */
  STALE,
  /** Not shown to MONITOR. */
  SKIP_MONITOR,
  /** Not recorded in the slow log. */
  SKIP_SLOWLOG,
  /** A cluster redirection of its key may be followed after ASKING. */
  ASKING,
  /** Constant or logarithmic time: selects {@code @fast} instead of {@code @slow}. */
  FAST,
  /** Permitted before authentication. */
  NO_AUTH,
  /** May be propagated although it is not a write. Hidden. */
  MAY_REPLICATE,
  /** Takes keys, but may be called without any. */
  NO_MANDATORY_KEYS,
  /** Refused during an asynchronous load of a replica. */
  NO_ASYNC_LOADING,
  /** Not permitted inside MULTI. */
  NO_MULTI,
  /** First, last and step do not describe all keys. */
  MOVABLEKEYS,
  /** Permitted while a script exceeds its time limit. */
  ALLOW_BUSY,
  /** Available in sentinel mode. Hidden. */
  SENTINEL,
  /** Available in sentinel mode only. Hidden. */
  ONLY_SENTINEL,
  /** Requires {@code enable-debug-command} or the like. Hidden. */
  PROTECTED,
  /** May access keys that are not among its arguments. Hidden. */
  TOUCHES_ARBITRARY_KEYS,
  /** For other servers and tests, not for users: COMMAND DOCS says so. Hidden. */
  SYSCMD;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Returns the bit of this flag in {@link Command#flags()}. */
  public long bit() {
    return 1L << ordinal();
  }

  /** Returns the name in COMMAND INFO. */
  public String label() {
    return label;
  }

  /** Returns true if COMMAND INFO lists this flag. */
  public boolean isShown() {
    return compareTo(ALLOW_BUSY) <= 0 && this != MAY_REPLICATE;
  }
}
