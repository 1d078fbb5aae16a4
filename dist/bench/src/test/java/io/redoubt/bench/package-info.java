/** Tests of {@code dist/benchmark}. */
@NullMarked
package io.redoubt.bench;

import org.jspecify.annotations.NullMarked;
