/**
 * The load generators of the benchmarks and the data that they load. Start at {@link
 * io.redoubt.dist.benchmark.load.Loader}.
 */
@NullMarked
package io.redoubt.dist.benchmark.load;

import org.jspecify.annotations.NullMarked;
