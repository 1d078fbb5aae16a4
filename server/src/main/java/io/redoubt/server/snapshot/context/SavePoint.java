package io.redoubt.server.snapshot.context;

/**
 * A save point of the {@code save} directive: a save is due after at least this number of changes
 * and seconds since the last one.
 */
public record SavePoint(long seconds, long changes) {}
