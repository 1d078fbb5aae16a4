package io.redoubt.server.settings;

import io.redoubt.protocol.config.DirectiveGroup;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;

/** The directives of cluster mode. */
public final class ClusterDirectives extends DirectiveGroup {

  /** The kind of endpoint of a node announced to clients. */
  public enum EndpointType {
    /** The address. */
    IP,
    /** The host name. */
    HOSTNAME,
    /** The endpoint of the client's request. */
    UNKNOWN_ENDPOINT
  }

  /** Less than the number of the first staged database. */
  private static final int MAX_DATABASES = 10_000;

  private static final int MAX_HOSTNAME = 256;
  private static final String NOT_IN_NODE_NAMES = "!#$%&()*+:;<>?@[]^{|}~";

  /** Redis' NET_IP_STR_LEN, with the zero byte that ends the text in a message of the bus. */
  private static final int MAX_ADDRESS = 46;

  {
    startSection("CLUSTER");
  }

  public final YesNoDirective clusterEnabled =
      yesNo("cluster-enabled", false).immutable().doc("Run as a node of a cluster.");

  public final IntDirective clusterDatabases =
      integer("cluster-databases", 1)
          .between(1, MAX_DATABASES)
          .immutable()
          .doc("The number of databases of a cluster node; the same on all nodes.");

  public final TextDirective clusterConfigFile =
      text("cluster-config-file", "nodes.conf")
          .immutable()
          .doc("The file in which a node stores the state of the cluster.");

  public final LongDirective clusterNodeTimeout =
      number("cluster-node-timeout", 15000)
          .doc("Milliseconds without contact after which a node is considered failed.");

  public final LongDirective clusterPingInterval =
      number("cluster-ping-interval", 0)
          .hidden()
          .doc("Milliseconds between pings of cluster nodes; 0 for the default.");

  public final IntDirective clusterPort =
      integer("cluster-port", 0)
          .between(0, 65535)
          .immutable()
          .doc("The port of the cluster bus; 0 for port + 10000.");

  public final IntDirective clusterReplicaValidityFactor =
      integer("cluster-replica-validity-factor", 10)
          .alias("cluster-slave-validity-factor")
          .doc("The factor that limits the age of a replica's data for a failover.");

  public final IntDirective clusterMigrationBarrier =
      integer("cluster-migration-barrier", 1)
          .doc("The number of replicas that a master retains when others migrate.");

  public final YesNoDirective clusterAllowReplicaMigration =
      yesNo("cluster-allow-replica-migration", true)
          .doc("Let replicas migrate to masters without replicas.");

  public final YesNoDirective clusterRequireFullCoverage =
      yesNo("cluster-require-full-coverage", true)
          .doc("Serve no slots while some are not covered.");

  public final YesNoDirective clusterReplicaNoFailover =
      yesNo("cluster-replica-no-failover", false)
          .alias("cluster-slave-no-failover")
          .doc("Never start a failover by this replica.");

  public final YesNoDirective clusterAllowReadsWhenDown =
      yesNo("cluster-allow-reads-when-down", false).doc("Serve reads while the cluster is down.");

  public final YesNoDirective clusterAllowPubsubshardWhenDown =
      yesNo("cluster-allow-pubsubshard-when-down", true)
          .doc("Serve sharded channels while the cluster is down.");

  public final YesNoDirective clusterSlotStatsEnabled =
      yesNo("cluster-slot-stats-enabled", false)
          .doc(
              "Count the processor time and the bytes of each slot's commands, for CLUSTER"
                  + " SLOT-STATS.");

  public final MemoryDirective clusterLinkSendbufLimit =
      memory("cluster-link-sendbuf-limit", 0)
          .unsigned()
          .doc("The maximum size of pending output to another node; 0 is no limit.");

  public final TextDirective clusterAnnounceHostname =
      text("cluster-announce-hostname", "")
          .check(ClusterDirectives::looksLikeHostname)
          .doc("The host name to announce; other nodes look for a lost one at its address.");

  public final TextDirective clusterAnnounceHumanNodename =
      text("cluster-announce-human-nodename", "")
          .check(ClusterDirectives::looksLikeNodeName)
          .doc("A human-readable name of the node.");

  public final ChoiceDirective<EndpointType> clusterPreferredEndpointType =
      choice("cluster-preferred-endpoint-type", EndpointType.IP)
          .doc("The endpoint that clients are given: ip, hostname, unknown-endpoint.");

  public final TextDirective clusterAnnounceIp =
      text("cluster-announce-ip", "")
          .check(ClusterDirectives::looksLikeAddress)
          .doc("The address to announce.");

  public final IntDirective clusterAnnounceTlsPort =
      integer("cluster-announce-tls-port", 0).between(0, 65535).doc("The TLS port to announce.");

  public final IntDirective clusterAnnouncePort =
      integer("cluster-announce-port", 0).between(0, 65535).doc("The port to announce.");

  public final IntDirective clusterAnnounceBusPort =
      integer("cluster-announce-bus-port", 0)
          .between(0, 65535)
          .doc("The port of the cluster bus to announce.");

  /** Returns the number of databases of a cluster node, 1 without cluster mode. */
  public int databases() {
    return clusterEnabled.value() ? clusterDatabases.value() : 1;
  }

  private static void looksLikeHostname(String name) throws RefusedValue {
    if (name.length() >= MAX_HOSTNAME) {
      throw new RefusedValue("Hostnames must be less than 256 characters");
    }
    if (!name.matches("[A-Za-z0-9.-]*")) {
      throw new RefusedValue("Hostnames may only contain alphanumeric characters, hyphens or dots");
    }
  }

  private static void looksLikeNodeName(String name) throws RefusedValue {
    if (!isStorable(name) || name.chars().anyMatch(c -> NOT_IN_NODE_NAMES.indexOf(c) >= 0)) {
      throw new RefusedValue("Announced human node name contained invalid character");
    }
  }

  private static void looksLikeAddress(String address) throws RefusedValue {
    if (address.length() >= MAX_ADDRESS) {
      throw new RefusedValue("Addresses must be less than 46 characters");
    }
    if (!isStorable(address) || address.indexOf('@') >= 0) {
      throw new RefusedValue("Announced address contained invalid character");
    }
  }

  /**
   * Returns true if a text can be written to nodes.conf and read back. Redis accepts other texts,
   * too, and can't read the file at the next start.
   */
  private static boolean isStorable(String text) {
    return text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ',' && c != '"' && c != '\'');
  }
}
