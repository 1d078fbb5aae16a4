/**
 * Sorted sets: members, ranges, popping and algebra. Start at {@link
 * io.redoubt.server.command.sortedset.SortedSetCommands}. Imports the call and values.
 */
@NullMarked
package io.redoubt.server.command.sortedset;

import org.jspecify.annotations.NullMarked;
