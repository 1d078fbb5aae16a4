/**
 * The way from a request to its effect: the call, the dispatcher with its checks, propagation and
 * the end of a unit of execution. Imports keyspace, values, settings and clients; commands,
 * replication and the server are built on it. Start reading at {@link
 * io.redoubt.server.execution.CommandDispatcher}.
 */
@NullMarked
package io.redoubt.server.execution;

import org.jspecify.annotations.NullMarked;
