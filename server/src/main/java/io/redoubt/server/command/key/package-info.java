/**
 * Commands on keys of any type and on whole databases: deletion, expiry, iteration, SORT, OBJECT,
 * DUMP, MIGRATE. Start at {@link io.redoubt.server.command.key.GenericCommands}. Imports the call,
 * values and, for DUMP, the snapshot's payloads.
 */
@NullMarked
package io.redoubt.server.command.key;

import org.jspecify.annotations.NullMarked;
