package io.redoubt.server.replication.replica;

import io.redoubt.protocol.launch.TlsSettings;
import io.redoubt.protocol.net.Addresses;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Transport;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.util.function.IntSupplier;

/** Connects to a master, as configured by the directives for addresses and TLS. */
public final class MasterConnector {
  private final Transport transport;
  private final ServerDirectives settings;
  private final TlsSettings tls;
  private final IntSupplier port;

  /**
   * Creates a connector.
   *
   * @param port the TCP port that this server listens on
   */
  public MasterConnector(
      Transport transport, ServerDirectives settings, TlsSettings tls, IntSupplier port) {
    this.transport = transport;
    this.settings = settings;
    this.tls = tls;
    this.port = port;
  }

  /** Returns the TCP port that this server listens on. */
  public int port() {
    return port.getAsInt();
  }

  /**
   * Returns the port under which a master lists this server: the TLS port if replication uses TLS.
   */
  public int announcedPort() {
    return tls.announcedPort(port());
  }

  /** Returns the time after which a silent master counts as lost, in milliseconds. */
  public long timeoutMillis() {
    return settings.replication.replTimeout.value() * 1000L;
  }

  /**
   * Starts to connect.
   *
   * @throws IOException when an address is invalid or a file of TLS can't be read
   */
  public void connect(String masterHost, int masterPort, Connection.Handler handler)
      throws IOException {
    transport.connect(
        Addresses.of(masterHost, masterPort),
        settings.common.sourceAddress(),
        (int) Math.min(timeoutMillis(), Integer.MAX_VALUE),
        tls.client(),
        handler);
  }
}
