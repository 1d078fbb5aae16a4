/**
 * The administration of a server: CONFIG, INFO, DEBUG, LATENCY, MEMORY, saving and shutdown. Start
 * at {@link io.redoubt.server.command.admin.ServerCommands}. Commands receive the parts that they
 * administer by their constructors.
 */
@NullMarked
package io.redoubt.server.command.admin;

import org.jspecify.annotations.NullMarked;
