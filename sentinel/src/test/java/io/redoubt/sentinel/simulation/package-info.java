/**
 * A simulated fleet of sentinels and data nodes in one thread, from one seed: time, network, disks
 * and crashes are simulated. Imports the core alone; every run is reproducible.
 */
@NullMarked
package io.redoubt.sentinel.simulation;

import org.jspecify.annotations.NullMarked;
