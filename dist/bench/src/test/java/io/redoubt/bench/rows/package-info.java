/** Tests of the table of {@code benchmark cpu --all}. */
@NullMarked
package io.redoubt.bench.rows;

import org.jspecify.annotations.NullMarked;
