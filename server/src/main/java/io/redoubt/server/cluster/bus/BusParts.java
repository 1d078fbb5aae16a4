package io.redoubt.server.cluster.bus;

import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.Threads;
import io.redoubt.server.cluster.nodes.NodesFile;
import java.net.InetAddress;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The dependencies of the bus.
 *
 * @param names the resolver of host names, called on separate threads
 */
public record BusParts(
    Transport transport,
    LinkOptions links,
    NodesFile file,
    Threads threads,
    NameLookup names,
    Clock clock,
    Log log) {
  /**
   * The options of the connections.
   *
   * @param source the source address of links, null for any
   * @param tls encrypts links, null for plain ones
   * @param sendLimitBytes the limit of pending output of a connection, 0 for none
   */
  public record LinkOptions(
      @Nullable InetAddress source, @Nullable Tls tls, LongSupplier sendLimitBytes) {}
}
