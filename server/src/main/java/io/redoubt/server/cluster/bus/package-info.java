/**
 * The bus of a cluster node: its connections, the state on disk, and the driver that runs the state
 * machine of {@code core} on the event loop. Start reading at {@link
 * io.redoubt.server.cluster.bus.ClusterDriver}.
 *
 * <p>Independent of keys and commands: the node's data is behind {@link
 * io.redoubt.server.cluster.bus.DataServer}.
 */
@NullMarked
package io.redoubt.server.cluster.bus;

import org.jspecify.annotations.NullMarked;
