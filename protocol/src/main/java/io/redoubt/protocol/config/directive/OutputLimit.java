package io.redoubt.protocol.config.directive;

/**
 * The limits of a client's pending output. A client that exceeds one is disconnected.
 *
 * @param hardBytes the limit for an immediate disconnect; 0 for none
 * @param softBytes the limit for a disconnect after {@code softSeconds}; 0 for none
 */
public record OutputLimit(long hardBytes, long softBytes, int softSeconds) {}
