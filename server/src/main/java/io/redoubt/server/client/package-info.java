/**
 * Connections to the data server with the state that only it has: database, transaction, watched
 * keys. Imports the shared session, the store's memory and the keyspace's list of watched keys; it
 * knows no command.
 */
@NullMarked
package io.redoubt.server.client;

import org.jspecify.annotations.NullMarked;
