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
