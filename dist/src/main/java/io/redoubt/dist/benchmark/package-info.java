/**
 * {@code dist/benchmark}: Redoubt beside the Redis of this machine, both with the same settings and
 * the same load in turns, so that each figure has its measure beside it. Four programs: memory a
 * key, processor time an operation, how long a PING waits while much is freed or grows, and how
 * long a failover takes.
 */
@NullMarked
package io.redoubt.dist.benchmark;

import org.jspecify.annotations.NullMarked;
