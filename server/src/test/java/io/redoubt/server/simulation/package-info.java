/**
 * Whole servers in one thread, from one seed: their threads take turns, and their clocks, network
 * and disks are simulated. Start reading at {@link io.redoubt.server.simulation.SimulationTest}.
 * May import the imports of the server's tests, and the parts of Netty that a channel type needs.
 */
@NullMarked
package io.redoubt.server.simulation;

import org.jspecify.annotations.NullMarked;
