/**
 * Sets and set algebra. Start at {@link io.redoubt.server.command.set.SetCommands}. Imports the
 * call and values.
 */
@NullMarked
package io.redoubt.server.command.set;

import org.jspecify.annotations.NullMarked;
