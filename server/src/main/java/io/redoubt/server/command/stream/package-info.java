/**
 * Streams and consumer groups. Start at {@link io.redoubt.server.command.stream.StreamCommands} for
 * entries and at {@link io.redoubt.server.command.stream.StreamGroupCommands} for groups. Imports
 * the call and values.
 */
@NullMarked
package io.redoubt.server.command.stream;

import org.jspecify.annotations.NullMarked;
