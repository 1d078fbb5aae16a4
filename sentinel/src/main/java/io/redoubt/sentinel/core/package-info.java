/**
 * The sentinel as a pure state machine: inputs and time go in, outputs come out.
 *
 * <p>Imports nothing of other modules, and no clock, socket, thread or file; randomness comes from
 * the owner's generator. A whole fleet of sentinels can therefore be simulated in one thread from
 * one seed, with losses, partitions and crashes, and be checked after every event.
 */
@NullMarked
package io.redoubt.sentinel.core;

import org.jspecify.annotations.NullMarked;
