/**
 * Whole servers in one thread, from one seed: their threads take turns, and their clocks, network
 * and disks are simulated. Start reading at {@link io.redoubt.server.simulation.SimulationTest}.
 * Imports what the server's tests import, and the parts of Netty that a channel type needs.
 */
@NullMarked
package io.redoubt.server.simulation;

import org.jspecify.annotations.NullMarked;
