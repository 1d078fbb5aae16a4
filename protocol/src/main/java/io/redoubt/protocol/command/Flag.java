package io.redoubt.protocol.command;

import java.util.Locale;

/**
 * A property of a command that gates and replies look at. Declared in the order in which COMMAND
 * INFO lists them; the last few never show there.
 */
public enum Flag {
  /** May change the data set. */
  WRITE,
  /** Reads keys and changes nothing. */
  READONLY,
  /** Refused while the server is over its memory limit and cannot free any. */
  DENYOOM,
  /** Added by a module. */
  MODULE,
  /** An administrator's command. */
  ADMIN,
  /** Concerns channels. */
  PUBSUB,
  /** Not allowed in scripts. */
  NOSCRIPT,
  /** May block the client. */
  BLOCKING,
  /** Allowed while the data set is being loaded. */
  LOADING,
  /** Allowed on a replica whose link to the master is down and that must not serve stale data. */
  STALE,
  /** Not shown to MONITOR. */
  SKIP_MONITOR,
  /** Not recorded in the slow log. */
  SKIP_SLOWLOG,
  /** A cluster redirection of its key may be followed after ASKING. */
  ASKING,
  /**
   * Constant or logarithmic time: decides between the categories {@code @fast} and {@code @slow}.
   */
  FAST,
  /** Allowed before authentication. */
  NO_AUTH,
  /** May be propagated although it is no write. Hidden. */
  MAY_REPLICATE,
  /** Takes keys, but may be called without any. */
  NO_MANDATORY_KEYS,
  /** Refused during an asynchronous load of a replica. */
  NO_ASYNC_LOADING,
  /** Not allowed inside MULTI. */
  NO_MULTI,
  /** First, last and step do not tell all keys. */
  MOVABLEKEYS,
  /** Allowed while a script runs for too long. */
  ALLOW_BUSY,
  /** Available in sentinel mode. Hidden. */
  SENTINEL,
  /** Available in sentinel mode only. Hidden. */
  ONLY_SENTINEL,
  /** Needs {@code enable-debug-command} or the like. Hidden. */
  PROTECTED,
  /** May touch keys that are not among its arguments. Hidden. */
  TOUCHES_ARBITRARY_KEYS;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** This flag as one bit of {@link Command#flags()}. */
  public long bit() {
    return 1L << ordinal();
  }

  /** The name in COMMAND INFO. */
  public String label() {
    return label;
  }

  /** Whether COMMAND INFO lists this flag. */
  public boolean isShown() {
    return compareTo(ALLOW_BUSY) <= 0 && this != MAY_REPLICATE;
  }
}
