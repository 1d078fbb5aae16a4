/**
 * Metrics: samples of one moment and their text forms.
 *
 * <p>The owner of the data fills a {@link io.redoubt.protocol.metrics.MetricsSnapshot} from INFO
 * and the command table and publishes it; other threads read snapshots and nothing else. Start
 * reading at {@link io.redoubt.protocol.metrics.InfoMetrics}.
 */
@NullMarked
package io.redoubt.protocol.metrics;

import org.jspecify.annotations.NullMarked;
