package io.redoubt.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The description of a cluster. By default it has three masters with one replica each, which fail
 * over in about two seconds: nodes suspect a node after a second of silence. {@link #start} may be
 * called several times, for a new cluster each time. For use by one thread at a time.
 */
public final class ClusterBuilder {
  /** The directives that the cluster itself sets for each node. */
  private static final Set<String> OWN =
      Set.of(
          "port",
          "bind",
          "dir",
          "replicaof",
          "slaveof",
          "requirepass",
          "masterauth",
          "cluster-enabled",
          "cluster-config-file",
          "cluster-node-timeout",
          "cluster-port",
          "cluster-announce-ip",
          "cluster-announce-port",
          "cluster-announce-bus-port");

  private static final int MAX_NODES = 100;
  private static final int PORTS_EACH = 2; // one for clients, one for the bus
  private static final Duration NODE_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final ServerLines lines = new ServerLines("cluster", OWN);
  private int masters = 3;
  private int replicas = 1;
  private String password = "";
  private Duration nodeTimeout = NODE_TIMEOUT;
  private Duration timeout = TIMEOUT;

  ClusterBuilder() {}

  /**
   * Sets the number of masters, which share the slots evenly. With fewer than three, no replica can
   * replace a killed master, because a majority of the masters must vote for it.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public ClusterBuilder masters(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("a cluster of " + count + " masters");
    }
    masters = count;
    return this;
  }

  /**
   * Sets the number of replicas of each master.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public ClusterBuilder replicasPerMaster(int count) {
    if (count < 0) {
      throw new IllegalArgumentException(count + " replicas");
    }
    replicas = count;
    return this;
  }

  /** Sets the password of all nodes. */
  public ClusterBuilder password(String secret) {
    password = secret;
    return this;
  }

  /**
   * Sets a directive of all nodes, as {@link ServerBuilder#with} does.
   *
   * @throws IllegalArgumentException if the cluster itself sets it, such as ports and folders
   */
  public ClusterBuilder with(String name, String... words) {
    lines.with(name, words);
    return this;
  }

  /**
   * Sets a directive of all nodes with a whole line of redis.conf.
   *
   * @throws IllegalArgumentException if the cluster itself sets it, such as ports and folders
   */
  public ClusterBuilder line(String text) {
    lines.line(text);
    return this;
  }

  /**
   * Sets {@code cluster-node-timeout}, the silence after which nodes suspect another one.
   *
   * @param silence in whole milliseconds, at least 100
   */
  public ClusterBuilder nodeTimeout(Duration silence) {
    if (silence.toMillis() < 100) {
      throw new IllegalArgumentException("less than 100 ms: " + silence);
    }
    nodeTimeout = silence;
    return this;
  }

  /** Sets the timeout of the cluster's waiting methods, 30 seconds by default. */
  public ClusterBuilder timeout(Duration limit) {
    timeout = limit;
    return this;
  }

  /**
   * Starts a cluster; returns when all slots have an owner, all nodes accept commands and the
   * replicas are in sync.
   *
   * @throws IllegalArgumentException if the configuration is refused
   * @throws UncheckedIOException if files can't be written or a port is in use
   * @throws IllegalStateException if there are more than 100 nodes, or on timeout
   */
  public EmbeddedCluster start() {
    int count = Math.multiplyExact(masters, Math.addExact(replicas, 1));
    if (count > MAX_NODES) {
      throw new IllegalStateException(count + " nodes; a cluster has at most " + MAX_NODES);
    }
    try {
      Members members = Members.create(count, PORTS_EACH);
      try {
        EmbeddedCluster cluster = prepared(members, count);
        cluster.start(masters);
        return cluster;
      } catch (IOException | RuntimeException failure) {
        members.close();
        throw failure;
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure.getMessage(), failure);
    }
  }

  private EmbeddedCluster prepared(Members members, int count) throws IOException {
    List<GroupMember> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String own =
          ServerBuilder.configLine("cluster-enabled", "yes")
              + ServerBuilder.configLine("cluster-port", members.ports(i).get(1).toString())
              + ServerBuilder.configLine(
                  "cluster-node-timeout", Long.toString(nodeTimeout.toMillis()))
              + ServerBuilder.configLine("cluster-announce-ip", "127.0.0.1");
      nodes.add(members.addServer("node-" + (i + 1), password, lines.text() + own));
    }
    return new EmbeddedCluster(members, nodes, password, nodeTimeout, timeout);
  }
}
