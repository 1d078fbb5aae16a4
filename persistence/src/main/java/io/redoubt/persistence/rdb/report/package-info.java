/**
 * The figures of an RDB file for {@code redis-check-rdb --stats}, in memory that does not grow with
 * the file. Start reading at {@link io.redoubt.persistence.rdb.report.RdbReportReader}. Imports the
 * reader of RDB files.
 */
@NullMarked
package io.redoubt.persistence.rdb.report;

import org.jspecify.annotations.NullMarked;
