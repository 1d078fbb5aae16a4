package io.redoubt.server.snapshot.context;

/**
 * A condition of the {@code save} directive: this number of changes, and this number of seconds
 * since the last save.
 */
public record SavePoint(long seconds, long changes) {}
