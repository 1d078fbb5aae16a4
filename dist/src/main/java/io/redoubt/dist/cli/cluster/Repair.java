package io.redoubt.dist.cli.cluster;

import io.redoubt.protocol.resp.ProtocolException;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Closes open slots, and gives slots without an owner to a master. */
final class Repair {
  private static final int SETTLE_SECONDS = 30;

  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final SlotMove moves;
  private final PrintStream out;

  Repair(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
    this.moves = new SlotMove(talk, topology);
    this.out = talk.out();
  }

  boolean run() throws IOException, ProtocolException, InterruptedException, ClusterException {
    boolean unused = new Everywhere(talk, topology).info();
    if (new ClusterCheck(talk, topology).run()) {
      return true;
    }
    if (topology.unreachableMasters() > 0 && !talk.options().fixesWithUnreachableMasters) {
      out.print(
          "*** "
              + topology.unreachableMasters()
              + " masters can't be reached. Their slots would be given to other nodes, and their"
              + " keys could be lost. If that is wanted use"
              + " --cluster-fix-with-unreachable-masters.\n");
      return false;
    }
    for (int slot : List.copyOf(topology.openSlots().keySet())) {
      close(slot);
    }
    cover();
    if (talk.options().searchesMultipleOwners) {
      for (int slot : List.copyOf(topology.multipleOwners().keySet())) {
        talk.step("Fixing multiple owners for slot " + slot + "...");
        gather(slot, bestOwner(slot, owners(slot)));
      }
    }
    return settled();
  }

  /** Waits until all nodes agree on the new owners. */
  private boolean settled()
      throws IOException, ProtocolException, InterruptedException, ClusterException {
    topology.reload();
    for (int i = 0; i < SETTLE_SECONDS && !topology.isConsistent(); i++) {
      TimeUnit.SECONDS.sleep(1);
      topology.reload();
    }
    return new ClusterCheck(talk, topology).run();
  }

  private List<Member> owners(int slot) {
    return topology.masters().stream().filter(each -> each.slots().get(slot)).toList();
  }

  private Map<Member, Long> keyCounts(int slot)
      throws IOException, ProtocolException, ClusterException {
    Map<Member, Long> counts = new HashMap<>();
    for (Member each : topology.masters()) {
      counts.put(each, each.countKeys(slot));
    }
    return counts;
  }

  /** Returns the candidate with the most keys of a slot. */
  private Member bestOwner(int slot, List<Member> candidates)
      throws IOException, ProtocolException, ClusterException {
    Map<Member, Long> counts = keyCounts(slot);
    return candidates.stream()
        .max(Comparator.comparing((Member each) -> counts.getOrDefault(each, 0L)))
        .orElseThrow(() -> new ClusterException("[ERR] The cluster has no master."));
  }

  private void close(int slot) throws IOException, ProtocolException, ClusterException {
    talk.step("Fixing open slot " + slot);
    List<Member> migrating = new ArrayList<>();
    List<Member> importing = new ArrayList<>();
    for (Member each : topology.members()) {
      if (each.migrating().containsKey(slot)) {
        migrating.add(each);
      }
      if (each.importing().containsKey(slot)) {
        importing.add(each);
      }
    }
    out.print("Set as migrating in: " + addresses(migrating) + "\n");
    out.print("Set as importing in: " + addresses(importing) + "\n");
    List<Member> owners = owners(slot);
    boolean halfWay = owners.size() == 1 && migrating.equals(owners) && importing.size() == 1;
    if (halfWay) {
      out.print(
          "Moving slot "
              + slot
              + " from "
              + owners.getFirst().address()
              + " to "
              + importing.getFirst().address()
              + "\n");
      moves.keys(slot, owners.getFirst(), importing.getFirst(), true);
      moves.close(slot, owners.getFirst(), importing.getFirst());
      return;
    }
    if (owners.size() == 1) {
      gather(slot, owners.getFirst());
      return;
    }
    talk.step("No single clear owner for the slot, selecting an owner by # of keys...");
    gather(slot, bestOwner(slot, owners.isEmpty() ? topology.masters() : owners));
  }

  private static String addresses(List<Member> members) {
    return String.join(",", members.stream().map(Member::address).toList());
  }

  /** Moves all keys of a slot to one node and makes it the only owner. */
  private void gather(int slot, Member owner)
      throws IOException, ProtocolException, ClusterException {
    if (!owner.slots().get(slot) || owners(slot).size() > 1) {
      own(slot, owner);
    }
    for (Member each : topology.masters()) {
      if (each != owner) {
        if (each.slots().get(slot)) {
          Reply unused = each.call("CLUSTER", "DELSLOTS", slot + "");
          each.slots().clear(slot);
        }
        if (each.countKeys(slot) > 0) {
          out.print(
              "*** Moving the keys of slot "
                  + slot
                  + " from "
                  + each.address()
                  + " to its owner "
                  + owner.address()
                  + "\n");
          // Only a node that imports or exports a slot runs MIGRATE for its keys.
          Reply unused = each.ask("CLUSTER", "SETSLOT", slot + "", "IMPORTING", owner.id());
          moves.keys(slot, each, owner, true);
        }
      }
    }
    for (Member each : topology.masters()) {
      Reply unused = each.ask("CLUSTER", "SETSLOT", slot + "", "STABLE");
    }
  }

  /** Makes a node claim a slot under a new, greater epoch. */
  private void own(int slot, Member owner) throws IOException, ProtocolException, ClusterException {
    out.print("*** Configuring " + owner.address() + " as the owner of slot " + slot + "\n");
    Reply unused = owner.call("CLUSTER", "DELSLOTS", slot + ""); // its owner may be gone
    unused = owner.ask("CLUSTER", "ADDSLOTS", slot + "");
    unused = owner.ask("CLUSTER", "BUMPEPOCH");
    owner.slots().set(slot);
  }

  private void cover() throws IOException, ProtocolException, ClusterException {
    BitSet covered = topology.covered();
    if (covered.cardinality() == Member.SLOTS) {
      return;
    }
    talk.step("Fixing slots coverage...");
    List<Integer> empty = new ArrayList<>();
    Map<Integer, Map<Member, Long>> one = new TreeMap<>();
    Map<Integer, Map<Member, Long>> several = new TreeMap<>();
    for (int slot = covered.nextClearBit(0);
        slot < Member.SLOTS;
        slot = covered.nextClearBit(slot + 1)) {
      Map<Member, Long> counts = keyCounts(slot);
      counts.values().removeIf(count -> count == 0);
      if (counts.isEmpty()) {
        empty.add(slot);
      } else {
        (counts.size() == 1 ? one : several).put(slot, counts);
      }
    }
    if (!empty.isEmpty()) {
      out.print("The following uncovered slots have no keys across the cluster:\n");
      list(empty);
      if (talk.accepted("Fix these slots by covering with a random node?")) {
        for (int slot : empty) {
          own(slot, fewestSlots());
        }
      }
    }
    if (!one.isEmpty()) {
      out.print("The following uncovered slots have keys in just one node:\n");
      list(one.keySet());
      if (talk.accepted("Fix these slots by covering with those nodes?")) {
        for (Map.Entry<Integer, Map<Member, Long>> each : one.entrySet()) {
          own(each.getKey(), each.getValue().keySet().iterator().next());
        }
      }
    }
    if (!several.isEmpty()) {
      out.print("The following uncovered slots have keys in multiple nodes:\n");
      list(several.keySet());
      if (talk.accepted("Fix these slots by moving keys into a single node?")) {
        for (int slot : several.keySet()) {
          gather(slot, bestOwner(slot, topology.masters()));
        }
      }
    }
  }

  private void list(Iterable<Integer> slots) {
    List<String> words = new ArrayList<>();
    slots.forEach(slot -> words.add(slot + ""));
    out.print(String.join(",", words) + "\n");
  }

  private Member fewestSlots() throws ClusterException {
    return topology.masters().stream()
        .min(Comparator.comparingInt(Member::slotCount))
        .orElseThrow(() -> new ClusterException("[ERR] The cluster has no master."));
  }
}
