/**
 * The decisions of replication: the history of a data set, the backlog, the choice between a
 * partial and a full sync, the replica's side of the handshake and the framing of a full transfer.
 * Imports only bytes and buffers of the protocol: no clock, socket, thread or file, so that each
 * part can be tested and simulated alone. Start reading at {@link
 * io.redoubt.server.replication.stream.ReplicationHistory}.
 */
@NullMarked
package io.redoubt.server.replication.stream;

import org.jspecify.annotations.NullMarked;
