package io.redoubt.protocol.http;

import io.redoubt.protocol.metrics.MetricsSnapshot;

/**
 * The last state published by the owner; immutable.
 *
 * @param takenNanos the monotonic time at which it was taken
 * @param metricsNanos the monotonic time at which the metrics were taken, on demand
 * @param metrics must not be changed any more
 * @param unready the reason why clients should not be routed here, empty if there is none
 * @param access the users that may read it
 */
public record Published(
    long takenNanos, long metricsNanos, MetricsSnapshot metrics, String unready, Access access) {}
