/**
 * The load generators of the benchmarks and the data that they load. Start at {@link
 * io.redoubt.bench.load.Loader}.
 */
@NullMarked
package io.redoubt.bench.load;

import org.jspecify.annotations.NullMarked;
