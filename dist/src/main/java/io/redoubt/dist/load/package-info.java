/**
 * The load generator {@code redis-benchmark}, with the options and output forms of the tool of
 * Redis 7.0. Start reading at {@code BenchmarkTool}; {@code LoadThread} is the engine. May import
 * {@code protocol} and {@code dist.client}.
 */
@NullMarked
package io.redoubt.dist.load;

import org.jspecify.annotations.NullMarked;
