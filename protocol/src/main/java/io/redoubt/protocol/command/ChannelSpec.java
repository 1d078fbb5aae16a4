package io.redoubt.protocol.command;

/**
 * The arguments of a command that are channels and require permission.
 *
 * @param first the index of the first channel
 * @param all true if all further arguments are channels, too
 * @param patterns true if they are patterns, which must be permitted literally
 */
public record ChannelSpec(int first, boolean all, boolean patterns) {}
