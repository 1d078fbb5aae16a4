/**
 * Strings: values, counters and the longest common subsequence. Start at {@link
 * io.redoubt.server.command.string.StringCommands}. Imports the call and values.
 */
@NullMarked
package io.redoubt.server.command.string;

import org.jspecify.annotations.NullMarked;
