/**
 * The commands that a data server and a sentinel share: CLIENT, ACL, Pub/Sub and those of a
 * connection. Start at {@link io.redoubt.protocol.session.command.ConnectionCommands}.
 */
@NullMarked
package io.redoubt.protocol.session.command;

import org.jspecify.annotations.NullMarked;
