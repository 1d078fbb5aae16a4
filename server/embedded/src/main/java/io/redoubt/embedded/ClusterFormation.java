package io.redoubt.embedded;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.cluster.slot.SlotSet;
import java.util.List;

/** Makes a cluster of separate nodes, with the commands that redis-cli sends. */
final class ClusterFormation {
  private static final int BUS_PORT = 1;

  private final Members members;
  private final List<GroupMember> nodes;
  private final int masters;

  /**
   * Describes a cluster.
   *
   * @param masters the number of masters, which are the first nodes; the other nodes become their
   *     replicas in turn
   */
  ClusterFormation(Members members, List<GroupMember> nodes, int masters) {
    this.members = members;
    this.nodes = nodes;
    this.masters = masters;
  }

  /**
   * Assigns the slots, and lets each node meet all others; they complete their handshakes later.
   */
  void meet() {
    double share = (double) SlotSet.SLOTS / masters;
    long first = 0;
    for (int i = 0; i < masters; i++) {
      long last = i == masters - 1 ? SlotSet.SLOTS - 1 : Math.round(share * (i + 1)) - 1;
      ask(nodes.get(i), "ADDSLOTSRANGE", Long.toString(first), Long.toString(last));
      first = last + 1;
    }
    // Each gets its own epoch before they meet, because collisions would be resolved only later.
    for (int i = 0; i < nodes.size(); i++) {
      ask(nodes.get(i), "SET-CONFIG-EPOCH", Integer.toString(i + 1));
    }
    for (int i = 1; i < nodes.size(); i++) {
      for (int k = 0; k < i; k++) {
        ask(
            nodes.get(i),
            "MEET",
            "127.0.0.1",
            Integer.toString(members.port(k)),
            members.ports(k).get(BUS_PORT).toString());
      }
    }
  }

  /** Makes the remaining nodes replicas. */
  void replicate() {
    for (int i = masters; i < nodes.size(); i++) {
      ask(nodes.get(i), "REPLICATE", ask(nodes.get(i % masters), "MYID").text());
    }
  }

  private static Reply ask(GroupMember node, String... words) {
    String[] all = new String[words.length + 1];
    all[0] = "CLUSTER";
    System.arraycopy(words, 0, all, 1, words.length);
    return accepted(node, node.execute(all));
  }

  /** Returns a reply that must not be an error. */
  static Reply accepted(GroupMember node, Reply reply) {
    if (reply.isError()) {
      throw new IllegalStateException(node + ": " + reply.text());
    }
    return reply;
  }
}
