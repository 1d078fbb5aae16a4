/**
 * The decisions of replication: the history of a data set, the backlog, who may resume where, the
 * replica's side of the handshake and the framing of a full transfer. Imports only bytes and
 * buffers of the protocol: no clock, socket, thread or file, so that each part can be tested, and
 * later simulated, alone.
 */
@NullMarked
package io.redoubt.server.replication.stream;

import org.jspecify.annotations.NullMarked;
