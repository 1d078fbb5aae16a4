/** CLUSTER and its companions. Start reading at {@code ClusterCommands}, which declares them. */
@NullMarked
package io.redoubt.server.command.cluster;

import org.jspecify.annotations.NullMarked;
