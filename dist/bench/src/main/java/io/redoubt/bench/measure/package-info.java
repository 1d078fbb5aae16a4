/**
 * A server under measurement, and gauges of latency and of the machine. Start at {@link
 * io.redoubt.bench.measure.MeasuredServer}.
 */
@NullMarked
package io.redoubt.bench.measure;

import org.jspecify.annotations.NullMarked;
