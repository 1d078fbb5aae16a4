package io.redoubt.dist.cli.cluster;

import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Moves a number of slots to a master, from some or all of the others. */
final class Resharding {
  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final PrintStream out;

  /** A slot and the node that has it. */
  record Planned(int slot, Member source) {}

  Resharding(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
    this.out = talk.out();
  }

  boolean run() throws IOException, ProtocolException, ClusterException {
    if (!new ClusterCheck(talk, topology).run()) {
      out.print("*** Please fix your cluster problems before resharding\n");
      return false;
    }
    int count = slots();
    Member target = target();
    if (target == null) {
      return false;
    }
    List<Member> sources = sources(target);
    if (sources.isEmpty()) {
      out.print("*** No source nodes given, operation aborted.\n");
      return false;
    }
    out.print("\nReady to move " + count + " slots.\n  Source nodes:\n");
    sources.forEach(each -> topology.show(each, "    "));
    out.print("  Destination node:\n");
    topology.show(target, "    ");
    List<Planned> plan = plan(sources, count);
    out.print("  Resharding plan:\n");
    plan.forEach(
        each -> out.print("    Moving slot " + each.slot() + " from " + each.source().id() + "\n"));
    if (!talk.options().agrees) {
      out.print("Do you want to proceed with the proposed reshard plan (yes/no)? ");
      if (!talk.line().equals("yes")) {
        return false;
      }
    }
    SlotMove moves = new SlotMove(talk, topology);
    for (Planned each : plan) {
      out.print(
          "Moving slot "
              + each.slot()
              + " from "
              + each.source().address()
              + " to "
              + target.address()
              + ": \n");
      moves.move(each.slot(), each.source(), target);
      out.flush();
    }
    return true;
  }

  private int slots() throws IOException {
    int count = talk.options().slots;
    while (count <= 0 || count > Member.SLOTS) {
      out.print("How many slots do you want to move (from 1 to " + Member.SLOTS + ")? ");
      String line = talk.line();
      if (line.isEmpty()) {
        return 0;
      }
      try {
        count = Integer.parseInt(line);
      } catch (NumberFormatException e) {
        count = 0;
      }
    }
    return count;
  }

  private @Nullable Member target() throws IOException {
    String id = talk.options().to;
    if (id == null) {
      out.print("What is the receiving node ID? ");
      id = talk.line();
    }
    Member target = topology.byId(id);
    if (target == null || target.isReplica()) {
      out.print(
          "*** The specified node (" + id + ") is not known or not a master, please retry.\n");
      return null;
    }
    return target;
  }

  /** Returns the chosen sources; empty if one of them is invalid. */
  private List<Member> sources(Member target) throws IOException {
    List<String> ids = new ArrayList<>();
    String from = talk.options().from;
    if (from != null) {
      ids.addAll(List.of(from.split(",", -1)));
    } else {
      out.print(
          """
          Please enter all the source node IDs.
            Type 'all' to use all the nodes as source nodes for the hash slots.
            Type 'done' once you entered all the source nodes IDs.
          """);
      String line;
      do {
        out.print("Source node #" + (ids.size() + 1) + ": ");
        line = talk.line();
        if (!line.equals("done") && !line.isEmpty()) {
          ids.add(line);
        }
      } while (!line.equals("all") && !line.equals("done") && !line.isEmpty());
    }
    if (ids.contains("all")) {
      return topology.masters().stream()
          .filter(each -> each != target && each.slotCount() > 0)
          .toList();
    }
    List<Member> sources = new ArrayList<>();
    for (String id : ids) {
      Member source = topology.byId(id);
      if (source == null || source.isReplica()) {
        out.print(
            "*** The specified node (" + id + ") is not known or is not a master, please retry.\n");
        return List.of();
      }
      if (source == target) {
        out.print("*** It is not possible to use the target node as source node.\n");
        return List.of();
      }
      if (!sources.contains(source)) {
        sources.add(source);
      }
    }
    return sources;
  }

  /** Takes {@code count} slots in total, from each source in proportion to its slots. */
  static List<Planned> plan(List<Member> from, int count) {
    List<Member> sources = new ArrayList<>(from);
    sources.sort(Comparator.comparingInt(Member::slotCount).reversed());
    int total = sources.stream().mapToInt(Member::slotCount).sum();
    List<Planned> plan = new ArrayList<>();
    int passed = 0;
    for (Member source : sources) {
      passed += source.slotCount();
      long planned = total == 0 ? 0 : Math.round((double) count * passed / total);
      source.slots().stream()
          .limit(planned - plan.size())
          .forEach(slot -> plan.add(new Planned(slot, source)));
    }
    return plan;
  }
}
