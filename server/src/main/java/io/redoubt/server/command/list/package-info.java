/**
 * Lists, including the commands that block until a list has elements. Start at {@link
 * io.redoubt.server.command.list.ListCommands}. Imports the call and values.
 */
@NullMarked
package io.redoubt.server.command.list;

import org.jspecify.annotations.NullMarked;
