package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.BindAddress;
import io.redoubt.protocol.config.TlsDirectives;
import io.redoubt.protocol.net.Connection;
import io.redoubt.protocol.net.Listener;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.net.Transport;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The addresses that a program listens on: those of {@code bind}, plain and encrypted, and a Unix
 * socket.
 */
public final class Listeners {
  private static final String BIND = "bind: ";

  private final Transport transport;
  private final TlsDirectives settings;
  private final Log log;
  private final boolean freePort;
  private final Consumer<Connection> acceptor;
  private final List<Listener> tcp = new ArrayList<>();
  private final List<Listener> encrypted = new ArrayList<>();
  private final List<Listener> unix = new ArrayList<>();

  /** Listeners that are closed yet; with {@code freePort} the system chooses the port. */
  public Listeners(
      Transport transport,
      TlsDirectives settings,
      Log log,
      boolean freePort,
      Consumer<Connection> acceptor) {
    this.transport = transport;
    this.settings = settings;
    this.log = log;
    this.freePort = freePort;
    this.acceptor = acceptor;
  }

  /**
   * Opens all that the configuration asks for.
   *
   * @throws IOException when an address is taken or not to be had; nothing is open then
   */
  public void open() throws IOException {
    try {
      attempt(this::openTcp, "Failed listening on port %d (TCP)", settings.port.value());
      attempt(this::openEncrypted, "Failed listening on port %d (TLS)", settings.tlsPort.value());
      String path = settings.unixsocket.value();
      if (!path.isEmpty()) {
        openUnix(settings.path(path));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** Something that listens. */
  @FunctionalInterface
  private interface Opening {
    void run() throws IOException;
  }

  private void attempt(Opening opening, String refusal, int port) throws ListenException {
    try {
      opening.run();
    } catch (IOException e) {
      log.warning("%s", SystemErrors.textWithFile(e));
      throw new ListenException(refusal.formatted(port) + ", aborting.", e);
    }
  }

  /** Opens the TCP addresses anew after {@code port} or {@code bind} changed. */
  public void reopenTcp() throws IOException {
    tcp.forEach(Listener::close);
    tcp.clear();
    openTcp();
  }

  /** Opens the encrypted addresses anew, after a directive of TLS or {@code bind} changed. */
  public void reopenEncrypted() throws IOException {
    encrypted.forEach(Listener::close);
    encrypted.clear();
    openEncrypted();
  }

  private void openTcp() throws IOException {
    int port = freePort ? 0 : settings.port.value();
    if (port != 0 || freePort) {
      open(tcp, port, null);
    }
  }

  private void openEncrypted() throws IOException {
    int port = settings.tlsPort.value();
    if (port != 0) {
      open(encrypted, port, new TlsSettings(settings).server());
    }
  }

  private void open(List<Listener> listeners, int port, @Nullable Tls tls) throws IOException {
    for (BindAddress address : settings.bind.value()) {
      String name =
          switch (address.host()) {
            case "*" -> "0.0.0.0";
            case "::*" -> "::";
            default -> address.host();
          };
      // A free port that the system chose for the first address serves the others too.
      InetSocketAddress socket =
          new InetSocketAddress(
              InetAddress.getByName(name),
              listeners.isEmpty() ? port : listeners.getFirst().port());
      try {
        listeners.add(transport.listen(socket, settings.tcpBacklog.value(), tls, acceptor));
      } catch (IOException e) {
        if (!address.optional() || isTaken(e)) {
          throw new IOException(
              "Warning: Could not create server TCP listening socket %s:%d: %s"
                  .formatted(address.host(), port, SystemErrors.text(e)),
              e);
        }
      }
    }
  }

  private static boolean isTaken(IOException e) {
    return String.valueOf(e.getMessage()).contains("in use");
  }

  private void openUnix(Path path) throws IOException {
    try {
      if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(path);
      }
      unix.add(
          transport.listen(
              UnixDomainSocketAddress.of(path), settings.tcpBacklog.value(), acceptor));
    } catch (IOException e) {
      String reason = SystemErrors.text(e);
      throw new ListenException(
          "Failed opening Unix socket: %s%s (%s)"
              .formatted(reason.startsWith(BIND) ? "" : BIND, reason, path),
          e);
    }
    int mode = settings.unixsocketperm.value();
    if (mode != 0) {
      Files.setPosixFilePermissions(path, permissions(mode));
    }
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values();
    for (int bit = 0; bit < all.length; bit++) {
      if ((mode >> (all.length - 1 - bit) & 1) != 0) {
        permissions.add(all[bit]);
      }
    }
    return permissions;
  }

  /** The port of the TCP addresses, 0 when there are none. */
  public int port() {
    return tcp.isEmpty() ? 0 : tcp.getFirst().port();
  }

  /** Stops listening. */
  public void close() {
    for (List<Listener> each : List.of(tcp, encrypted, unix)) {
      each.forEach(Listener::close);
      each.clear();
    }
  }
}
