/**
 * A cluster node as a pure state machine: inputs and time go in, outputs come out.
 *
 * <p>Imports messages, slots and the records of {@code nodes.conf}; no clock, socket, thread or
 * file. The owner supplies the random generator. A test can therefore simulate a whole cluster in
 * one thread from one seed, with message loss, partitions and crashes, and check its invariants
 * after every event. Start reading at {@link io.redoubt.server.cluster.core.Cluster}.
 */
@NullMarked
package io.redoubt.server.cluster.core;

import org.jspecify.annotations.NullMarked;
