/**
 * Connections: listening, connecting, reading and writing on one event loop.
 *
 * <p>Imports {@code protocol.bytes} for memory. Netty is seen here and nowhere else: no type of it
 * is part of the API, so that what is built on connections can be read and tested without it.
 */
@NullMarked
package io.redoubt.protocol.net;

import org.jspecify.annotations.NullMarked;
