/**
 * A server under measurement, and gauges of latency and of the machine. Start at {@link
 * io.redoubt.dist.benchmark.measure.MeasuredServer}.
 */
@NullMarked
package io.redoubt.dist.benchmark.measure;

import org.jspecify.annotations.NullMarked;
