package io.redoubt.server.settings;

/**
 * When to save by itself.
 *
 * @param seconds since the last snapshot, at least 1
 * @param changes since then, that many or more
 */
public record SavePoint(long seconds, int changes) {}
