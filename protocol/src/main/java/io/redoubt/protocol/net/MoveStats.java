package io.redoubt.protocol.net;

/**
 * Counters of the moves between an event loop and its I/O threads.
 *
 * @param joins how often a thread has begun to serve connections
 * @param leaves how often a thread has ceased to serve connections
 * @param connections the moves of connections, either way
 */
public record MoveStats(long joins, long leaves, long connections) {}
