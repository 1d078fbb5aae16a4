/**
 * The commands of the data server, in one package for each group. A group declares its commands in
 * classes named {@code *Commands}; they reach the rest of the server through {@link
 * io.redoubt.server.execution.Call} and their constructors. Only the assembly imports them. Start
 * with {@link io.redoubt.server.command.string.CounterCommands}, a short one.
 */
@NullMarked
package io.redoubt.server.command;

import org.jspecify.annotations.NullMarked;
