/**
 * Keyspace notifications: the events, their classes, and the choice of those that are published.
 * Start reading at {@link io.redoubt.server.keyspace.event.KeyspaceEvents}. Knows no keyspace.
 */
@NullMarked
package io.redoubt.server.keyspace.event;

import org.jspecify.annotations.NullMarked;
