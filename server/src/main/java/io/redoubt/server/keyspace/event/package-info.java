/**
 * Keyspace notifications: the events, their classes, and the selection by configuration. Start
 * reading at {@link io.redoubt.server.keyspace.event.KeyspaceEvents}. Independent of the keyspace.
 */
@NullMarked
package io.redoubt.server.keyspace.event;

import org.jspecify.annotations.NullMarked;
