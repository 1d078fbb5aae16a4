/**
 * A data server as a cluster node: its settings, the adapter between the state machine and the
 * data, and the life cycle of the bus. Start reading at {@link
 * io.redoubt.server.cluster.node.ClusterNode}.
 */
@NullMarked
package io.redoubt.server.cluster.node;

import org.jspecify.annotations.NullMarked;
