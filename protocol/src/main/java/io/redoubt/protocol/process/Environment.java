package io.redoubt.protocol.process;

import java.util.random.RandomGenerator;

/**
 * The inputs of a program that a test or a simulation replaces by its own, and its log.
 *
 * @param random unpredictable in production, since replication ids and passwords come from it
 */
public record Environment(Clock clock, Log log, RandomGenerator random) {}
