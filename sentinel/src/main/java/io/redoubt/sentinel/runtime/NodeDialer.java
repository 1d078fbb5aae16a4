package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Threads;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * The dependencies of connections to nodes.
 *
 * @param source the source address of connections, null for any
 * @param tls the context of encrypted connections, null for plain ones
 * @param lookup the resolver of host names
 * @param threads the threads that resolve names and save the state
 */
public record NodeDialer(
    Transport transport,
    @Nullable InetAddress source,
    @Nullable Tls tls,
    NameLookup lookup,
    Threads threads) {}
