/**
 * Leases that sentinels give a master: while a majority of them holds to its promise to give no
 * other node a lease, the master may take writes. Pure: callers pass the time. Start reading at
 * {@link io.redoubt.protocol.lease.LeaseTable}; imports nothing.
 */
@NullMarked
package io.redoubt.protocol.lease;

import org.jspecify.annotations.NullMarked;
