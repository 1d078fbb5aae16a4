/**
 * The durable state of a cluster node, and {@code nodes.conf}, the file in which Redis keeps it.
 *
 * <p>Imports the syntax of ids and addresses from the messages, and the disk as an interface.
 */
@NullMarked
package io.redoubt.server.cluster.nodes;

import org.jspecify.annotations.NullMarked;
