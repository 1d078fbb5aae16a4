/**
 * Machines as network namespaces, joined by a router that can cut the connections between any two,
 * and the group of servers and sentinels on them. Start at {@link
 * io.redoubt.bench.partition.MachineGroup}.
 */
@NullMarked
package io.redoubt.bench.partition;

import org.jspecify.annotations.NullMarked;
