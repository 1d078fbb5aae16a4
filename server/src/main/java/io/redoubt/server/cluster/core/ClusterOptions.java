package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Endpoint;

/**
 * The settings of a node.
 *
 * @param announced the ports of this node, and its IP address if one is configured
 * @param hostname the announced host name, empty for none
 * @param nodeName {@code cluster-announce-human-nodename}, empty for none
 * @param pingIntervalMillis {@code cluster-ping-interval}; 0 for half of the node timeout
 * @param replicaValidityFactor {@code cluster-replica-validity-factor}; 0 for no limit
 * @param replicaPingPeriodMillis {@code repl-ping-replica-period}
 */
public record ClusterOptions(
    Endpoint announced,
    String hostname,
    String nodeName,
    long nodeTimeoutMillis,
    long pingIntervalMillis,
    int replicaValidityFactor,
    long replicaPingPeriodMillis,
    int migrationBarrier,
    boolean allowReplicaMigration,
    boolean requireFullCoverage,
    boolean replicaNoFailover) {
  private static final long DEFAULT_NODE_TIMEOUT_MILLIS = 15_000;
  private static final long DEFAULT_PING_PERIOD_MILLIS = 10_000;
  private static final int DEFAULT_VALIDITY_FACTOR = 10;

  /** Returns Redis' default settings. */
  public static ClusterOptions defaults(Endpoint announced) {
    return new ClusterOptions(
        announced,
        "",
        "",
        DEFAULT_NODE_TIMEOUT_MILLIS,
        0,
        DEFAULT_VALIDITY_FACTOR,
        DEFAULT_PING_PERIOD_MILLIS,
        1,
        true,
        true,
        false);
  }

  /** Returns the settings with another node timeout. */
  public ClusterOptions withNodeTimeout(long millis) {
    return new ClusterOptions(
        announced,
        hostname,
        nodeName,
        millis,
        pingIntervalMillis,
        replicaValidityFactor,
        replicaPingPeriodMillis,
        migrationBarrier,
        allowReplicaMigration,
        requireFullCoverage,
        replicaNoFailover);
  }

  /** Returns the settings with another announced host name. */
  public ClusterOptions withHostname(String name) {
    return new ClusterOptions(
        announced,
        name,
        nodeName,
        nodeTimeoutMillis,
        pingIntervalMillis,
        replicaValidityFactor,
        replicaPingPeriodMillis,
        migrationBarrier,
        allowReplicaMigration,
        requireFullCoverage,
        replicaNoFailover);
  }

  /** Returns the age of the last PONG at which the next PING is sent. */
  long pingAfterMillis() {
    return pingIntervalMillis > 0 ? pingIntervalMillis : nodeTimeoutMillis / 2;
  }
}
