package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Endpoint;

/**
 * The settings of a node.
 *
 * @param replicaValidityFactor {@code cluster-replica-validity-factor}; 0 for no limit
 */
public record ClusterOptions(
    Identity identity,
    Times times,
    int replicaValidityFactor,
    int migrationBarrier,
    boolean allowReplicaMigration,
    boolean requireFullCoverage,
    boolean replicaNoFailover) {
  private static final Times DEFAULT_TIMES = new Times(15_000, 0, 10_000);
  private static final int DEFAULT_VALIDITY_FACTOR = 10;

  /**
   * The names and addresses that a node announces.
   *
   * @param announced its ports, and its IP address if one is configured
   * @param hostname the announced host name, empty for none
   * @param nodeName {@code cluster-announce-human-nodename}, empty for none
   */
  public record Identity(Endpoint announced, String hostname, String nodeName) {}

  /**
   * The times of a node.
   *
   * @param pingIntervalMillis {@code cluster-ping-interval}; 0 for half of the node timeout
   * @param replicaPingPeriodMillis {@code repl-ping-replica-period}
   */
  public record Times(
      long nodeTimeoutMillis, long pingIntervalMillis, long replicaPingPeriodMillis) {}

  /** Returns Redis' default settings. */
  public static ClusterOptions defaults(Endpoint announced) {
    return new ClusterOptions(
        new Identity(announced, "", ""),
        DEFAULT_TIMES,
        DEFAULT_VALIDITY_FACTOR,
        1,
        true,
        true,
        false);
  }

  /** Returns the settings with another node timeout. */
  public ClusterOptions withNodeTimeout(long millis) {
    return with(
        identity, new Times(millis, times.pingIntervalMillis, times.replicaPingPeriodMillis));
  }

  /** Returns the settings with another announced host name. */
  public ClusterOptions withHostname(String name) {
    return with(new Identity(announced(), name, nodeName()), times);
  }

  private ClusterOptions with(Identity otherIdentity, Times otherTimes) {
    return new ClusterOptions(
        otherIdentity,
        otherTimes,
        replicaValidityFactor,
        migrationBarrier,
        allowReplicaMigration,
        requireFullCoverage,
        replicaNoFailover);
  }

  /** Returns the ports of this node, and its IP address if one is configured. */
  public Endpoint announced() {
    return identity.announced;
  }

  /** Returns the announced host name, empty for none. */
  public String hostname() {
    return identity.hostname;
  }

  /** Returns {@code cluster-announce-human-nodename}, empty for none. */
  public String nodeName() {
    return identity.nodeName;
  }

  /** Returns {@code cluster-node-timeout}. */
  public long nodeTimeoutMillis() {
    return times.nodeTimeoutMillis;
  }

  /** Returns {@code repl-ping-replica-period}. */
  long replicaPingPeriodMillis() {
    return times.replicaPingPeriodMillis;
  }

  /** Returns the age of the last PONG at which the next PING is sent. */
  long pingAfterMillis() {
    return times.pingIntervalMillis > 0 ? times.pingIntervalMillis : times.nodeTimeoutMillis / 2;
  }
}
