package io.redoubt.server.cluster.core;

import io.redoubt.server.cluster.message.Endpoint;

/** Redis' default settings of a node, and variants of them. */
public final class DefaultOptions {
  private static final long NODE_TIMEOUT_MILLIS = 15_000;

  private DefaultOptions() {}

  /** Returns the settings of a node that announces an endpoint. */
  public static ClusterOptions of(Endpoint announced) {
    return of(announced, NODE_TIMEOUT_MILLIS);
  }

  /** Returns the settings with another {@code cluster-node-timeout}. */
  public static ClusterOptions of(Endpoint announced, long timeoutMillis) {
    return of(announced, timeoutMillis, "");
  }

  /** Returns the settings with another {@code cluster-node-timeout} and an announced host name. */
  public static ClusterOptions of(Endpoint announced, long timeoutMillis, String hostname) {
    return new ClusterOptions(
        new ClusterOptions.Identity(announced, hostname, ""),
        new ClusterOptions.Times(timeoutMillis, 0, 10_000),
        10,
        1,
        true,
        true,
        false);
  }
}
