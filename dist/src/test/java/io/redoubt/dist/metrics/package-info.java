/**
 * Tests of the metrics of a group of processes, and of the files in the distribution that name
 * them. Start reading at {@link io.redoubt.dist.metrics.MetricsFilesTest}.
 */
@NullMarked
package io.redoubt.dist.metrics;

import org.jspecify.annotations.NullMarked;
