/**
 * Network connections: listening, connecting, reading and writing on one event loop.
 *
 * <p>Imports {@code protocol.bytes} for memory, {@code protocol.tuning} for thread priorities and
 * gathering, and {@code protocol.resp} only for the requests that I/O threads find in what they
 * read. Netty is used in this package only and is not part of its API, so that code built on
 * connections can be read and tested without it. Start reading at {@link
 * io.redoubt.protocol.net.Transport} and {@link io.redoubt.protocol.net.Connection}.
 */
@NullMarked
package io.redoubt.protocol.net;

import org.jspecify.annotations.NullMarked;
