package io.redoubt.protocol.config;

/**
 * How much may wait to be sent to a client before it is disconnected.
 *
 * @param hardBytes at once; 0 is no limit
 * @param softBytes after {@code softSeconds} above it; 0 is no limit
 */
public record OutputLimit(long hardBytes, long softBytes, int softSeconds) {}
