/**
 * Leases that sentinels grant to a master: the master may accept writes while a majority of its
 * sentinels is bound by the promise to grant no other node a lease. Pure: callers pass the time.
 * Start reading at {@link io.redoubt.protocol.lease.LeaseTable}; imports nothing.
 */
@NullMarked
package io.redoubt.protocol.lease;

import org.jspecify.annotations.NullMarked;
