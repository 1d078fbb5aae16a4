package io.redoubt.dist.cli.cluster;

import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** Checks that all nodes agree, that no slot is migrating, and that each slot has an owner. */
final class ClusterCheck {
  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final PrintStream out;

  ClusterCheck(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
    this.out = talk.out();
  }

  /** Prints the nodes and the problems found; returns true if there are none. */
  boolean run() throws IOException, ProtocolException, ClusterException {
    talk.step(
        "Performing Cluster Check (using node " + topology.members().getFirst().address() + ")");
    topology.show("");
    boolean good = agreement();
    good &= openSlots();
    good &= coverage();
    if (talk.options().searchesMultipleOwners) {
      good &= owners();
    }
    return good;
  }

  private boolean agreement() {
    boolean consistent = topology.isConsistent();
    out.print(
        consistent
            ? "[OK] All nodes agree about slots configuration.\n"
            : "[ERR] Nodes don't agree about configuration!\n");
    return consistent;
  }

  private boolean openSlots() {
    talk.step("Check for open slots...");
    Map<Integer, List<String>> open = topology.openSlots();
    for (Member each : topology.members()) {
      state(each, "migrating", each.migrating());
      state(each, "importing", each.importing());
    }
    if (!open.isEmpty()) {
      out.print(
          "[WARNING] The following slots are open: "
              + String.join(",", open.keySet().stream().map(String::valueOf).toList())
              + ".\n");
    }
    return open.isEmpty();
  }

  private void state(Member member, String state, Map<Integer, String> slots) {
    if (!slots.isEmpty()) {
      out.print(
          "[WARNING] Node "
              + member.address()
              + " has slots in "
              + state
              + " state "
              + String.join(",", slots.keySet().stream().map(String::valueOf).toList())
              + ".\n");
    }
  }

  private boolean coverage() {
    talk.step("Check slots coverage...");
    BitSet covered = topology.covered();
    boolean all = covered.cardinality() == Member.SLOTS;
    out.print(
        all
            ? "[OK] All " + Member.SLOTS + " slots covered.\n"
            : "[ERR] Not all " + Member.SLOTS + " slots are covered by nodes.\n\n");
    return all;
  }

  private boolean owners() {
    talk.step("Check for multiple slot owners...");
    Map<Integer, List<Member>> multiple = topology.multipleOwners();
    multiple.forEach((slot, owners) -> {
      out.print("[WARNING] Slot " + slot + " has " + owners.size() + " owners:\n");
      owners.forEach(each -> out.print("    " + each.address() + "\n"));
    });
    if (multiple.isEmpty()) {
      out.print("[OK] No multiple owners found.\n");
    }
    return multiple.isEmpty();
  }
}
