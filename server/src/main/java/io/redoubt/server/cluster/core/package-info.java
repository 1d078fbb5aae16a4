/**
 * A cluster node as a pure state machine: inputs and time go in, outputs come out.
 *
 * <p>Imports messages, slots and the records of {@code nodes.conf}; no clock, socket, thread or
 * file. Randomness comes from the owner's generator. A whole cluster can therefore be simulated in
 * one thread from one seed, with losses, partitions and crashes, and be checked after every event.
 * Start reading at {@link io.redoubt.server.cluster.core.Cluster}.
 */
@NullMarked
package io.redoubt.server.cluster.core;

import org.jspecify.annotations.NullMarked;
