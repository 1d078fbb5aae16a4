package io.redoubt.bench.first;

import io.redoubt.bench.measure.MeasuredServer;
import io.redoubt.bench.measure.ServerIdentity;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.net.SocketFactory;

/** Uses of a server's port for TLS. */
final class Encrypted {
  private static final int TIMEOUT_MILLIS = 60_000;

  private final MeasuredServer server;
  private final int port;
  private final SocketFactory sockets;

  private Encrypted(Uses.Starter servers, Path folder) throws IOException, InterruptedException {
    ServerIdentity identity = ServerIdentity.ofP256(folder);
    port = FreePorts.one();
    server = servers.start(identity.directives(port));
    Tls.Terms terms = new Tls.Terms(List.of("TLSv1.3"), "", List.of(), Tls.Provider.JDK);
    sockets = Tls.client(null, new Tls.Authorities(identity.certificate(), null), terms).sockets();
  }

  private RespClient connect() throws IOException {
    return RespClient.connect(MeasuredServer.HOST, port, TIMEOUT_MILLIS, sockets);
  }

  /** Connects in each call, which needs a handshake. */
  static Use connections(Uses.Starter servers, Path folder)
      throws IOException, InterruptedException {
    Encrypted encrypted = new Encrypted(servers, folder);
    return new Connections(encrypted.server, encrypted::connect, List.of("PING"));
  }

  /** Sends requests over one connection. */
  static Use requests(Uses.Starter servers, Path folder) throws IOException, InterruptedException {
    Encrypted encrypted = new Encrypted(servers, folder);
    return new Requests(
        encrypted.server, encrypted.connect(), List.of("SET key:{n} value", "GET key:{n}"));
  }
}
