package io.redoubt.protocol.command;

/**
 * Which arguments of a command are channels that its user must have permission for.
 *
 * @param first the first one
 * @param all whether all that follow are channels, too
 * @param patterns whether they are patterns, to be allowed literally
 */
public record ChannelSpec(int first, boolean all, boolean patterns) {}
