/**
 * RESP2 and RESP3: the protocol that Redis' clients, replicas and sentinels speak.
 *
 * <p>Imports only {@code protocol.bytes}: it turns bytes into requests and replies and back, and
 * knows no connection, so that it can be tested at every byte boundary.
 */
@NullMarked
package io.redoubt.protocol.resp;

import org.jspecify.annotations.NullMarked;
