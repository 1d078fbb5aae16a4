/**
 * A data server as a node of a cluster: its settings, its data as the state machine sees them, and
 * the start and end of its bus. Start reading at {@link
 * io.redoubt.server.cluster.node.ClusterNode}.
 */
@NullMarked
package io.redoubt.server.cluster.node;

import org.jspecify.annotations.NullMarked;
