/**
 * MULTI, EXEC, DISCARD, WATCH and UNWATCH. A client's transaction is kept in {@link
 * io.redoubt.server.client.Transaction}.
 */
@NullMarked
package io.redoubt.server.command.transaction;

import org.jspecify.annotations.NullMarked;
