/**
 * {@code dist/quickstart}: starts a master, two replicas and three sentinels on this machine and
 * shows their state or, with {@code --demo}, a complete failover; or, with {@code --cluster}, a
 * cluster whose slots move and whose master is replaced. Works with the launchers of any Redis.
 * Start reading at {@link io.redoubt.dist.quickstart.Quickstart}; may import {@code dist.process}
 * and {@code protocol}.
 */
@NullMarked
package io.redoubt.dist.quickstart;

import org.jspecify.annotations.NullMarked;
