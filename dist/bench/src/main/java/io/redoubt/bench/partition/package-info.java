/**
 * Machines as network namespaces, joined by a router that can cut the connections between any of
 * them, and the group of servers and sentinels that runs on them. Start at {@link
 * io.redoubt.bench.partition.MachineGroup}.
 */
@NullMarked
package io.redoubt.bench.partition;

import org.jspecify.annotations.NullMarked;
