/** Tests of the reports of {@code redis-check-rdb --stats}. */
@NullMarked
package io.redoubt.dist.check.report;

import org.jspecify.annotations.NullMarked;
