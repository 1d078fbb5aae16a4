package io.redoubt.sentinel.runtime;

import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * The means of connecting to nodes.
 *
 * @param source the source address of connections, null for any
 * @param tls the context of encrypted connections, null for plain ones
 * @param lookup the resolver of host names
 */
public record NodeDialer(
    Transport transport,
    @Nullable InetAddress source,
    @Nullable Tls tls,
    HostNames.Lookup lookup) {}
