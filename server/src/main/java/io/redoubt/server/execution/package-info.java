/**
 * How a request becomes an effect: the call, the dispatcher with its gates, propagation and the end
 * of a unit of execution. Imports keyspace, values, settings and clients; commands, replication and
 * the server are built on it.
 */
@NullMarked
package io.redoubt.server.execution;

import org.jspecify.annotations.NullMarked;
