package io.redoubt.sentinel.settings;

/** A period or limit of a sentinel, with its name in SENTINEL DEBUG and its default value. */
public enum Timing {
  /** The period of INFO. */
  INFO_PERIOD("info-period", 10_000),
  /** The maximum period of PING. */
  PING_PERIOD("ping-period", 1_000),
  /** The period of questions to other sentinels about a master that is down. */
  ASK_PERIOD("ask-period", 1_000),
  /** The period of hello messages. */
  PUBLISH_PERIOD("publish-period", 2_000),
  /** The down-after-milliseconds of a new master. */
  DEFAULT_DOWN_AFTER("default-down-after", 30_000),
  /** The failover-timeout of a new master. */
  DEFAULT_FAILOVER_TIMEOUT("default-failover-timeout", 180_000),
  /** The gap between two steps that counts as a pause of the process. */
  TILT_TRIGGER("tilt-trigger", 2_000),
  /**
   * The duration of tilt mode after a pause. Redis waits for 30 s because it can't distinguish a
   * pause from a jump of the wall clock. Here pauses are excluded from the machine's time, so that
   * it is enough to ping all instances again.
   */
  TILT_PERIOD("tilt-period", 1_000),
  /** The time after which a replica ordered to follow a new master is no longer awaited. */
  REPLICA_RECONF_TIMEOUT("slave-reconf-timeout", 10_000),
  /** The minimum age of a connection that is closed for being silent. */
  MIN_LINK_RECONNECT_PERIOD("min-link-reconnect-period", 15_000),
  /** The maximum duration of an election. */
  ELECTION_TIMEOUT("election-timeout", 10_000),
  /** The time after which a script is killed. */
  SCRIPT_MAX_RUNTIME("script-max-runtime", 60_000),
  /** The delay before the first retry of a script; it doubles each time. */
  SCRIPT_RETRY_DELAY("script-retry-delay", 30_000);

  private final String text;
  private final long defaultMillis;

  Timing(String text, long defaultMillis) {
    this.text = text;
    this.defaultMillis = defaultMillis;
  }

  /** Returns the name in SENTINEL DEBUG. */
  public String text() {
    return text;
  }

  /** Returns the default value in milliseconds. */
  public long defaultMillis() {
    return defaultMillis;
  }
}
