package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.info.Section;
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
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The listening sockets of a program: the addresses of {@code bind}, plain and TLS, and a Unix
 * socket.
 */
public final class Listeners {
  private static final String BIND = "bind: ";

  private final Transport transport;
  private final Directives settings;
  private final TlsSettings tls;
  private final Log log;
  private final boolean freePort;
  private final Consumer<Connection> acceptor;
  private final List<Listener> tcp = new ArrayList<>();
  private final List<Listener> tlsListeners = new ArrayList<>();
  private final List<Listener> unix = new ArrayList<>();

  /** Creates closed listeners; with {@code freePort} the system chooses the port. */
  public Listeners(
      Transport transport,
      Directives settings,
      TlsSettings tls,
      Log log,
      boolean freePort,
      Consumer<Connection> acceptor) {
    this.transport = transport;
    this.settings = settings;
    this.tls = tls;
    this.log = log;
    this.freePort = freePort;
    this.acceptor = acceptor;
  }

  /**
   * Opens all configured listeners.
   *
   * @throws IOException if an address is in use or unavailable; none is open then
   */
  public void open() throws IOException {
    int mark = (int) settings.common.socketMarkId.value();
    if (mark != 0) {
      transport.markListeners(mark);
    }
    try {
      attempt(this::openTcp, "Failed listening on port %d (TCP)", settings.common.port.value());
      attempt(this::openTls, "Failed listening on port %d (TLS)", settings.tls.tlsPort.value());
      String path = settings.common.unixsocket.value();
      if (!path.isEmpty()) {
        openUnix(settings.path(path));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** Opens listeners. */
  @FunctionalInterface
  private interface Opening {
    void run() throws IOException;
  }

  private void attempt(Opening opening, String refusal, int port) throws ListenException {
    try {
      opening.run();
    } catch (IOException e) {
      log.warning("%s", SystemErrors.textWithFile(e));
      throw new ListenException(String.format(Locale.ROOT, refusal, port) + ", aborting.", e);
    }
  }

  /** Reopens the plain TCP listeners after a change of {@code port} or {@code bind}. */
  public void reopenTcp() throws IOException {
    tcp.forEach(Listener::close);
    tcp.clear();
    openTcp();
  }

  /** Reopens the TLS listeners after a change of {@code tls-port} or {@code bind}. */
  public void reopenTls() throws IOException {
    if (settings.tls.tlsPort.value() != 0) {
      tls.server(); // before anything is closed
    }
    tlsListeners.forEach(Listener::close);
    tlsListeners.clear();
    openTls();
  }

  private void openTcp() throws IOException {
    int port = freePort ? 0 : settings.common.port.value();
    if (port != 0 || freePort) {
      open(tcp, port, null);
    }
  }

  private void openTls() throws IOException {
    int port = settings.tls.tlsPort.value();
    if (port != 0) {
      open(tlsListeners, port, tls.server());
    }
  }

  private void open(List<Listener> listeners, int port, @Nullable Tls encryption)
      throws IOException {
    for (BindAddress address : settings.common.bind.value()) {
      // The port chosen by the system for the first address serves the other addresses too.
      InetSocketAddress socket =
          new InetSocketAddress(
              InetAddress.getByName(address.listened()),
              listeners.isEmpty() ? port : listeners.getFirst().port());
      try {
        listeners.add(
            transport.listen(socket, settings.common.tcpBacklog.value(), encryption, acceptor));
      } catch (IOException e) {
        if (!address.optional() || isInUse(e)) {
          throw refused(address, port, e);
        }
      }
    }
  }

  private static IOException refused(BindAddress address, int port, IOException e) {
    return new IOException(
        String.format(
            Locale.ROOT,
            "Warning: Could not create server TCP listening socket %s:%d: %s",
            address.host(),
            port,
            SystemErrors.text(e)),
        e);
  }

  /** Tries to listen on an address, with a port that the system chooses. */
  void probe(BindAddress address) throws IOException {
    try {
      transport
          .listen(
              new InetSocketAddress(InetAddress.getByName(address.listened()), 0),
              settings.common.tcpBacklog.value(),
              null,
              acceptor)
          .close();
    } catch (IOException e) {
      if (!address.optional()) {
        throw refused(address, settings.common.port.value(), e);
      }
    }
  }

  /** Tries to listen on the Unix socket, unless a socket stands there that may be in use. */
  void probeUnixSocket() throws IOException {
    String name = settings.common.unixsocket.value();
    Path path = settings.path(name);
    if (name.isEmpty() || (Files.exists(path) && !Files.isDirectory(path))) {
      return;
    }
    boolean isNew = Files.notExists(path);
    try {
      openUnix(path);
    } finally {
      close();
      if (isNew) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static boolean isInUse(IOException e) {
    return String.valueOf(e.getMessage()).contains("in use");
  }

  private void openUnix(Path path) throws IOException {
    try {
      if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(path);
      }
      unix.add(
          transport.listen(
              UnixDomainSocketAddress.of(path), settings.common.tcpBacklog.value(), acceptor));
    } catch (IOException e) {
      String reason = SystemErrors.text(e);
      throw new ListenException(
          String.format(
              Locale.ROOT,
              "Failed opening Unix socket: %s%s (%s)",
              reason.startsWith(BIND) ? "" : BIND,
              reason,
              path),
          e);
    }
    int mode = settings.common.unixsocketperm.value();
    if (mode != 0) {
      Files.setPosixFilePermissions(path, permissions(mode));
    }
    String group = settings.common.unixsocketgroup.value();
    if (!group.isEmpty()) {
      changeGroup(path, group);
    }
  }

  private static void changeGroup(Path path, String group) throws ListenException {
    try {
      Files.getFileAttributeView(path, PosixFileAttributeView.class)
          .setGroup(
              path.getFileSystem()
                  .getUserPrincipalLookupService()
                  .lookupPrincipalByGroupName(group));
    } catch (UserPrincipalNotFoundException e) {
      throw new ListenException("Can't change the group of the Unix socket: no group " + group, e);
    } catch (IOException e) {
      throw new ListenException(
          "Can't change the group of the Unix socket: " + SystemErrors.text(e), e);
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

  /** Returns the port of the TCP addresses; 0 if there are none. */
  public int port() {
    return tcp.isEmpty() ? 0 : tcp.getFirst().port();
  }

  /** Declares one field of INFO for each kind of listener, with Redis' number of the kind. */
  public void declareInfo(Section server) {
    server.lines(lines -> {
      if (!tcp.isEmpty()) {
        lines.field("listener0", "name=tcp" + binds() + ",port=" + port());
      }
      if (!unix.isEmpty()) {
        lines.field("listener1", "name=unix,bind=" + settings.common.unixsocket.value());
      }
      if (!tlsListeners.isEmpty()) {
        String port = ",port=" + tlsListeners.getFirst().port();
        lines.field("listener2", "name=tls" + binds() + port);
      }
    });
  }

  private String binds() {
    StringBuilder binds = new StringBuilder();
    for (BindAddress address : settings.common.bind.value()) {
      binds.append(",bind=").append(address.optional() ? "-" : "").append(address.host());
    }
    return binds.toString();
  }

  public void close() {
    for (List<Listener> each : List.of(tcp, tlsListeners, unix)) {
      each.forEach(Listener::close);
      each.clear();
    }
  }
}
