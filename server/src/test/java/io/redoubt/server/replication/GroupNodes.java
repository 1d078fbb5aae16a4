package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;

import io.redoubt.protocol.group.GroupConfig;
import java.io.IOException;
import java.nio.file.Path;

/** Reads the acknowledgement groups of test servers, and makes replicas join them. */
final class GroupNodes {
  /** A line of configuration, for writes that are expected to lack acknowledgements. */
  static final String SHORT = "write-acks-timeout 200";

  private GroupNodes() {}

  /** Makes a replica follow a master, and waits for the link. */
  static void follow(ReplicationNode replica, ReplicationNode master) throws IOException {
    replica.ask("REPLICAOF 127.0.0.1 " + master.port());
    until("the link", () -> replica.info("replication", "master_link_status").equals("up"));
  }

  /** Makes a replica the second member of a master's group. */
  static void join(ReplicationNode replica, ReplicationNode master) throws Exception {
    follow(replica, master);
    untilGroup(master, 2);
    until("the state", () -> state(replica).equals("ok"));
  }

  /** Waits for a group of so many members, and returns it. */
  static GroupConfig untilGroup(ReplicationNode node, int members) {
    until("a group of " + members, () -> group(node).members().size() == members);
    try {
      return group(node);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the current group. */
  static GroupConfig group(ReplicationNode node) throws IOException {
    GroupConfig group = GroupConfig.parse(node.info("replication", "write_acks_group"));
    if (group == null) {
      throw new IOException("no group");
    }
    return group;
  }

  /** Returns the id of a node in its groups. */
  static String id(ReplicationNode node) throws IOException {
    return node.info("replication", "write_acks_node");
  }

  /** Returns the state of a node's group, as INFO reports it. */
  static String state(ReplicationNode node) throws IOException {
    return node.info("replication", "write_acks_group_state");
  }

  /** Returns the file in which the node at a port keeps its group and promises. */
  static Path stateFile(Path directory, int port) {
    return directory.resolve("write-acks-" + port + ".state");
  }
}
