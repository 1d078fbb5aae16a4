/**
 * {@code dist/benchmark}: compares Redoubt with the Redis installed on this machine. Both run with
 * the same settings and the same load in turns, so that each figure has a reference. The programs
 * measure memory per key, processor time per operation, handshake and job, latency while large data
 * grows or is freed, snapshots, loading, the append-only file, full syncs and failovers. Start
 * reading at {@link io.redoubt.bench.Benchmark}; may import {@code dist.process}, {@code dist.load}
 * and {@code protocol}.
 */
@NullMarked
package io.redoubt.bench;

import org.jspecify.annotations.NullMarked;
