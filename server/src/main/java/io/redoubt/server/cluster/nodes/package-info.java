/**
 * The durable state of a cluster node, and {@code nodes.conf}, the file that stores it in Redis'
 * format.
 *
 * <p>Imports ids, flags and endpoints from the messages, and the disk as an interface.
 */
@NullMarked
package io.redoubt.server.cluster.nodes;

import org.jspecify.annotations.NullMarked;
