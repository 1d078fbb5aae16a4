package io.redoubt.server.settings;

/**
 * A condition of an automatic save.
 *
 * @param seconds the minimum time since the last snapshot, at least 1
 * @param changes the minimum number of changes since then
 */
public record SaveCondition(long seconds, int changes) {}
