package io.redoubt.server.snapshot;

/**
 * A rule of the {@code save} directive: save when this many changes have come and the last save is
 * this many seconds ago.
 */
public record SavePoint(long seconds, long changes) {}
