/**
 * Clients of the data server with its specific state: database, transaction, watched keys. Start
 * reading at {@link io.redoubt.server.client.ServerClient}. Imports the shared session, the memory
 * and the keyspace's list of watched keys, but no command.
 */
@NullMarked
package io.redoubt.server.client;

import org.jspecify.annotations.NullMarked;
