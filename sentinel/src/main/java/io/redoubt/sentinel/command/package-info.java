/**
 * The commands specific to a sentinel: SENTINEL, and its own INFO, ROLE, PUBLISH and SHUTDOWN. The
 * common ones are in the protocol module.
 *
 * <p>Reads the core's state and passes orders to the runtime; has no state of its own. Start
 * reading at {@link io.redoubt.sentinel.command.SentinelCommands}.
 */
@NullMarked
package io.redoubt.sentinel.command;

import org.jspecify.annotations.NullMarked;
