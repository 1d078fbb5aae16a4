/**
 * The commands that only a sentinel has: SENTINEL, and its own forms of INFO, ROLE, PUBLISH and
 * SHUTDOWN. Those that every process has come from the protocol module.
 *
 * <p>Reads the core's state and gives orders to the runtime; keeps no state of its own.
 */
@NullMarked
package io.redoubt.sentinel.command;

import org.jspecify.annotations.NullMarked;
