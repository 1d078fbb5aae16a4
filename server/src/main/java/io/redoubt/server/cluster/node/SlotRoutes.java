package io.redoubt.server.cluster.node;

import io.redoubt.server.cluster.core.Cluster;
import io.redoubt.server.cluster.routing.Routing;
import io.redoubt.server.cluster.slot.SlotUsage;
import io.redoubt.server.execution.CommandRefusals;
import io.redoubt.server.execution.SlotGate;
import io.redoubt.server.execution.SlotMeter;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.settings.ServerDirectives;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The routing of commands by the slots of their keys, and the meter of slots: the part of a cluster
 * node on the way of each command. Created before the node, which reads its state when it opens.
 */
public final class SlotRoutes {
  private final ClusterSettings settings;
  private final SlotUsage usage = new SlotUsage();
  private final SlotGate gate;
  private final SlotMeter meter;

  /**
   * Creates the routes.
   *
   * @param port returns the port that the server listens on for clients without TLS, 0 for none
   * @param cluster returns the state machine of the node; called for requests only
   * @param replicas returns the number of replicas that receive the effects of commands
   */
  public SlotRoutes(
      ServerDirectives settings,
      IntSupplier port,
      Keyspace keyspace,
      CommandRefusals refusals,
      Supplier<Cluster> cluster,
      IntSupplier replicas) {
    this.settings = new ClusterSettings(settings, port);
    gate = new SlotGate(new Routing(cluster, this.settings), keyspace, refusals::mayWrite);
    meter = new SlotMeter(gate, usage, settings.cluster.clusterSlotStatsEnabled::value, replicas);
  }

  ClusterSettings settings() {
    return settings;
  }

  /** Returns the resources used by the commands of each slot. */
  SlotUsage usage() {
    return usage;
  }

  /** Returns the gate that each command passes. */
  public SlotGate gate() {
    return gate;
  }

  public SlotMeter meter() {
    return meter;
  }
}
