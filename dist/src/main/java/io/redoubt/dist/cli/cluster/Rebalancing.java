package io.redoubt.dist.cli.cluster;

import io.redoubt.protocol.resp.ProtocolException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Moves slots until each master has a share in proportion to its weight. */
final class Rebalancing {
  private final ClusterModeContext talk;
  private final DiscoveredCluster topology;
  private final PrintStream out;

  Rebalancing(ClusterModeContext talk, DiscoveredCluster topology) {
    this.talk = talk;
    this.topology = topology;
    this.out = talk.out();
  }

  boolean run() throws IOException, ProtocolException, ClusterException {
    Map<Member, Double> weights = weights();
    if (!new ClusterCheck(talk, topology).run()) {
      out.print("*** Please fix your cluster problems before rebalancing\n");
      return false;
    }
    double total = weights.values().stream().mapToDouble(Double::doubleValue).sum();
    if (total <= 0) {
      throw new ClusterException("[ERR] The weights of all nodes are 0.");
    }
    Map<Member, Integer> surplus = new HashMap<>();
    boolean over = false;
    for (Map.Entry<Member, Double> each : weights.entrySet()) {
      int expected = (int) (Member.SLOTS / total * each.getValue());
      int owned = each.getKey().slotCount();
      surplus.put(each.getKey(), owned - expected);
      double percent = owned == 0 ? 0 : Math.abs(100 - 100.0 * expected / owned);
      over |= percent > talk.options().thresholdPercent || (owned == 0 && expected > 1);
    }
    if (!over) {
      out.printf(
          Locale.ROOT,
          "*** No rebalancing needed! All nodes are within the %.2f%% threshold.%n",
          talk.options().thresholdPercent);
      return true;
    }
    talk.step(
        String.format(
            Locale.ROOT,
            "Rebalancing across %d nodes. Total weight = %.2f",
            weights.size(),
            total));
    spread(surplus);
    move(surplus);
    return true;
  }

  /** Returns the masters that take part, with their weights. */
  private Map<Member, Double> weights() throws ClusterException {
    Map<Member, Double> weights = new HashMap<>();
    ClusterModeOptions options = talk.options();
    for (Member each : topology.masters()) {
      if (each.slotCount() > 0 || options.usesEmptyMasters) {
        weights.put(each, 1.0);
      }
    }
    for (Map.Entry<String, Double> each : options.weights.entrySet()) {
      Member member = topology.byId(each.getKey());
      if (member == null || member.isReplica()) {
        throw new ClusterException("*** No such master node " + each.getKey());
      }
      weights.put(member, each.getValue());
    }
    return weights;
  }

  /** Gives the slots left over by rounding to the masters with the largest deficit. */
  private static void spread(Map<Member, Integer> surplus) {
    int rest = surplus.values().stream().mapToInt(Integer::intValue).sum();
    List<Member> needy = new ArrayList<>(surplus.keySet());
    needy.sort(Comparator.comparing(surplus::get));
    for (int i = 0; rest > 0 && !needy.isEmpty(); i++) {
      surplus.merge(needy.get(i % needy.size()), -1, Integer::sum);
      rest--;
    }
  }

  private void move(Map<Member, Integer> surplus)
      throws IOException, ProtocolException, ClusterException {
    List<Member> order = new ArrayList<>(surplus.keySet());
    order.sort(Comparator.comparing(surplus::get));
    int needy = 0;
    int rich = order.size() - 1;
    SlotMove moves = new SlotMove(talk, topology);
    while (needy < rich) {
      Member target = order.get(needy);
      Member source = order.get(rich);
      int wanted = -surplus.getOrDefault(target, 0);
      int given = surplus.getOrDefault(source, 0);
      int count = Math.min(wanted, given);
      if (count > 0) {
        out.print(
            "Moving "
                + count
                + " slots from "
                + source.address()
                + " to "
                + target.address()
                + "\n");
        for (int slot : source.slots().stream().limit(count).toArray()) {
          if (!talk.options().simulates) {
            moves.move(slot, source, target);
          }
          out.print("#");
          out.flush();
        }
        out.print("\n");
        surplus.merge(target, count, Integer::sum);
        surplus.merge(source, -count, Integer::sum);
      }
      needy += surplus.getOrDefault(target, 0) >= 0 ? 1 : 0;
      rich -= surplus.getOrDefault(source, 0) <= 0 ? 1 : 0;
    }
  }
}
