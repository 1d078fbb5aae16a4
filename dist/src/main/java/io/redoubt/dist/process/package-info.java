/**
 * Servers and sentinels as processes, started through their launchers and accessed over sockets.
 * Shared by quickstart, the benchmarks, the training run and the whole-process tests. Start reading
 * at {@link io.redoubt.dist.process.Topology}; may import {@code protocol.resp}.
 */
@NullMarked
package io.redoubt.dist.process;

import org.jspecify.annotations.NullMarked;
