package io.redoubt.sentinel;

import io.redoubt.protocol.config.BindAddress;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Listener;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The addresses that a sentinel listens on. */
final class Listeners {
  private final Transport transport;
  private final Consumer<Connection> acceptor;
  private final List<Listener> open = new ArrayList<>();

  Listeners(Transport transport, Consumer<Connection> acceptor) {
    this.transport = transport;
    this.acceptor = acceptor;
  }

  /**
   * Opens what the configuration asks for.
   *
   * @throws IOException when an address is taken or not to be had; nothing is open then
   */
  void open(SentinelDirectives directives, Log log) throws IOException {
    try {
      int port = directives.port.value();
      for (BindAddress address : directives.bind.value()) {
        if (port != 0) {
          openTcp(directives, address, port, log);
        }
      }
      String path = directives.unixsocket.value();
      if (!path.isEmpty()) {
        openUnix(directives, directives.path(path));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private void openTcp(SentinelDirectives directives, BindAddress address, int port, Log log)
      throws IOException {
    try {
      var socket = new InetSocketAddress(inet(address.host()), port);
      open.add(transport.listen(socket, directives.tcpBacklog.value(), acceptor));
    } catch (IOException e) {
      boolean taken = String.valueOf(e.getMessage()).contains("in use");
      if (!address.optional() || taken) {
        log.warning(
            "Warning: Could not create server TCP listening socket %s:%d: %s",
            address.host(), port, e.getMessage());
        throw e;
      }
    }
  }

  private static InetAddress inet(String host) throws IOException {
    return switch (host) {
      case "*" -> InetAddress.ofLiteral("0.0.0.0");
      case "::*" -> InetAddress.ofLiteral("::");
      default -> InetAddress.getByName(host);
    };
  }

  private void openUnix(SentinelDirectives directives, Path path) throws IOException {
    Files.deleteIfExists(path);
    open.add(
        transport.listen(
            UnixDomainSocketAddress.of(path), directives.tcpBacklog.value(), acceptor));
  }

  void close() {
    open.forEach(Listener::close);
    open.clear();
  }
}
