/** CLUSTER and its companions, as a server replies that runs without cluster mode. */
@NullMarked
package io.redoubt.server.command.cluster;

import org.jspecify.annotations.NullMarked;
