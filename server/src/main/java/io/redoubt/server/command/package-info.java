/**
 * The commands of the data server, one class a group. They reach the outside through {@link
 * io.redoubt.server.execution.Call} and through what they are constructed with; nothing imports
 * them but the assembly.
 */
@NullMarked
package io.redoubt.server.command;

import org.jspecify.annotations.NullMarked;
