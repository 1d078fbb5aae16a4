/**
 * The table of {@code benchmark cpu --all} as data: what each row prepares and requests. Start
 * reading at {@link io.redoubt.bench.rows.RowTable}; imports the libraries only.
 */
@NullMarked
package io.redoubt.bench.rows;

import org.jspecify.annotations.NullMarked;
