/**
 * A fleet of sentinels and made-up data nodes in one thread, from one seed: time, network, disks
 * and crashes are the simulation's. Imports the core alone; whatever a run finds can be run again.
 */
@NullMarked
package io.redoubt.sentinel.simulation;

import org.jspecify.annotations.NullMarked;
