package io.redoubt.protocol.config.directive;

/**
 * The limits of a client's pending output, beyond which it is disconnected.
 *
 * @param hardBytes disconnects at once; 0 is no limit
 * @param softBytes disconnects when exceeded for {@code softSeconds}; 0 is no limit
 */
public record OutputLimit(long hardBytes, long softBytes, int softSeconds) {}
