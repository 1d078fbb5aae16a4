/**
 * RESP2 and RESP3, the protocol of Redis' clients, replicas and sentinels.
 *
 * <p>Imports only {@code protocol.bytes}. It converts between bytes and requests or replies without
 * knowledge of connections, so that it can be tested at every byte boundary. Start reading at
 * {@link io.redoubt.protocol.resp.RequestDecoder} and {@link io.redoubt.protocol.resp.ReplyWriter}.
 */
@NullMarked
package io.redoubt.protocol.resp;

import org.jspecify.annotations.NullMarked;
