/**
 * The administration of a server: CONFIG, INFO, DEBUG, LATENCY, MEMORY, saving and shutdown. Start
 * at {@link io.redoubt.server.command.admin.ServerCommands}. What a command administers comes in by
 * its constructor.
 */
@NullMarked
package io.redoubt.server.command.admin;

import org.jspecify.annotations.NullMarked;
