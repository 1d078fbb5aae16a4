/**
 * The reports of {@code redis-check-rdb --stats}: options, tables and the formats in which they are
 * written. Start reading at {@link io.redoubt.dist.check.report.StatsCommand}.
 */
@NullMarked
package io.redoubt.dist.check.report;

import org.jspecify.annotations.NullMarked;
