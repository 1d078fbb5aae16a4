/**
 * A cluster in one thread and simulated time: the real state machines, a network that delays and
 * cuts, disks that take time, and crashes. Rules are checked at every message. Start reading at
 * {@link io.redoubt.server.cluster.simulation.ClusterSimulationTest}.
 */
@NullMarked
package io.redoubt.server.cluster.simulation;

import org.jspecify.annotations.NullMarked;
