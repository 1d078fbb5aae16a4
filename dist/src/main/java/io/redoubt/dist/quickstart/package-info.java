/**
 * {@code dist/quickstart}: a master, two replicas and three sentinels on this machine, with a live
 * picture of them or, with {@code --demo}, a failover from beginning to end. Works with the
 * launchers of any Redis.
 */
@NullMarked
package io.redoubt.dist.quickstart;

import org.jspecify.annotations.NullMarked;
