/**
 * The sentinel as a pure state machine: inputs and the time go in, outputs come out.
 *
 * <p>Imports nothing of ours and nothing that could make a run unrepeatable: no clock, socket,
 * thread or file, and chance only through the generator that the owner passes in. So a whole fleet
 * of sentinels can be run in one thread from one seed, through losses, partitions and crashes, and
 * be checked after every event.
 */
@NullMarked
package io.redoubt.sentinel.core;

import org.jspecify.annotations.NullMarked;
