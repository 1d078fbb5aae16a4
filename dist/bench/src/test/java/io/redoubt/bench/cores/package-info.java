/** Tests of the model of {@code benchmark cores}. */
@NullMarked
package io.redoubt.bench.cores;

import org.jspecify.annotations.NullMarked;
