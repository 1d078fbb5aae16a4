/**
 * Whole servers and sentinels in one thread, from one seed, and the histories of their clients.
 * Start reading at {@link io.redoubt.embedded.simulation.HistoriesTest}. Imports the simulation of
 * the server's tests.
 */
@NullMarked
package io.redoubt.embedded.simulation;

import org.jspecify.annotations.NullMarked;
