package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.TlsDirectives.AuthClients;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The TLS contexts of a process, for listeners and for outgoing connections. Each is one object for
 * the life of the process; {@link #load} reads the files again and replaces its contents, so that
 * its holders use new certificates from their next connection on. Loaded by one thread, used by
 * any.
 */
public final class TlsSettings {
  /** The error of CONFIG SET after a {@link #load} that failed. */
  public static final String REFUSAL = "Unable to update TLS configuration. Check server logs.";

  private final Directives directives;
  private volatile @Nullable Tls server;
  private volatile @Nullable Tls client;

  /** Creates contexts that are loaded when they are first needed. */
  public TlsSettings(Directives directives) {
    this.directives = directives;
  }

  /**
   * Calls {@link #load} at the start of the process.
   *
   * @param log gets the reason of a failure
   */
  public void start(Log log) throws ListenException {
    try {
      load();
      Tls known = server == null ? client : server;
      if (known != null) {
        log.notice("TLS provider: %s", known.providerWithReason());
      }
    } catch (IOException e) {
      log.warning("%s", SystemErrors.textWithFile(e));
      throw new ListenException("Failed to configure TLS. Check logs for more info.", e);
    }
  }

  /**
   * Reads the files of all contexts that the directives require; takes all or none.
   *
   * @throws IOException if a file is missing or invalid; logged with the reason in Redis
   */
  public void load() throws IOException {
    Tls newServer = directives.tls.tlsPort.value() == 0 ? null : loadServer();
    boolean connects =
        directives.tls.tlsReplication.value()
            || directives.tls.tlsCluster.value()
            || (newServer != null && clientIdentity() != null);
    Tls newClient = connects ? loadClient() : null;
    server = renewed(server, newServer);
    client = renewed(client, newClient);
  }

  private static @Nullable Tls renewed(@Nullable Tls old, @Nullable Tls fresh) {
    if (old == null || fresh == null) {
      return fresh == null ? old : fresh;
    }
    old.become(fresh);
    return old;
  }

  /**
   * Returns the port to announce to masters, replicas and sentinels: the TLS port if replication
   * uses TLS.
   *
   * @param plainPort the port to announce otherwise
   */
  public int announcedPort(int plainPort) {
    int port = directives.tls.tlsPort.value();
    return directives.tls.tlsReplication.value() && port != 0 ? port : plainPort;
  }

  /** Returns the configured files and folders of keys and certificates. */
  List<Path> files() {
    return directives.tls.certificates().stream()
        .filter(each -> each != directives.tls.tlsKeyFilePass)
        .filter(each -> each != directives.tls.tlsClientKeyFilePass)
        .map(this::path)
        .filter(Objects::nonNull)
        .toList();
  }

  /** Returns {@code openssl}, {@code jdk}, or {@code none} while nothing uses TLS. */
  public String provider() {
    Tls known = server == null ? client : server;
    return known == null ? "none" : known.provider().name().toLowerCase(Locale.ROOT);
  }

  /**
   * Returns the context for listeners.
   *
   * @throws IOException if a file is missing or can't be read
   */
  public Tls server() throws IOException {
    Tls known = server;
    if (known == null) {
      known = loadServer();
      server = known;
    }
    return known;
  }

  /** Returns the context of listeners; null while there are none. */
  public @Nullable Tls loadedServer() {
    return server;
  }

  private Tls loadServer() throws IOException {
    AuthClients clients = directives.tls.tlsAuthClients.value();
    Tls.Identity identity = serverIdentity();
    if (identity == null) {
      throw new IOException("No tls-cert-file and tls-key-file configured!");
    }
    if (clients != AuthClients.NO) {
      requireAuthorities();
    }
    return Tls.server(
        identity,
        authorities(),
        terms(),
        new Tls.Service(
            switch (clients) {
              case NO -> Tls.ClientCertificates.UNWANTED;
              case OPTIONAL -> Tls.ClientCertificates.OPTIONAL;
              case YES -> Tls.ClientCertificates.REQUIRED;
            },
            directives.tls.tlsPreferServerCiphers.value(),
            new Tls.Sessions(
                directives.tls.tlsSessionCaching.value(),
                directives.tls.tlsSessionCacheSize.value(),
                directives.tls.tlsSessionCacheTimeout.value())));
  }

  /**
   * Returns the context for connections to masters, replicas and sentinels, with the client
   * certificate or else the server's; null unless {@code tls-replication} is on.
   *
   * @throws IOException if a file is missing or can't be read
   */
  public @Nullable Tls client() throws IOException {
    return directives.tls.tlsReplication.value() ? outgoing() : null;
  }

  /**
   * Returns the context for MIGRATE; null unless {@code tls-cluster} is on.
   *
   * @throws IOException if a file is missing or can't be read
   */
  public @Nullable Tls migrating() throws IOException {
    return directives.tls.tlsCluster.value() ? outgoing() : null;
  }

  private Tls outgoing() throws IOException {
    Tls known = client;
    if (known == null) {
      known = loadClient();
      client = known;
    }
    return known;
  }

  private Tls loadClient() throws IOException {
    requireAuthorities();
    Tls.Identity own = clientIdentity();
    return Tls.client(own == null ? serverIdentity() : own, authorities(), terms());
  }

  private Tls.@Nullable Identity serverIdentity() {
    return identity(
        directives.tls.tlsCertFile, directives.tls.tlsKeyFile, directives.tls.tlsKeyFilePass);
  }

  private Tls.@Nullable Identity clientIdentity() {
    return identity(
        directives.tls.tlsClientCertFile,
        directives.tls.tlsClientKeyFile,
        directives.tls.tlsClientKeyFilePass);
  }

  private void requireAuthorities() throws IOException {
    Tls.Authorities authorities = authorities();
    if (authorities.file() == null && authorities.directory() == null) {
      throw new IOException(
          "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster,"
              + " tls-replication or tls-auth-clients are enabled!");
    }
  }

  private Tls.Authorities authorities() {
    return new Tls.Authorities(
        path(directives.tls.tlsCaCertFile), path(directives.tls.tlsCaCertDir));
  }

  private Tls.Terms terms() {
    return new Tls.Terms(
        words(directives.tls.tlsProtocols, " "),
        directives.tls.tlsCiphers.value(),
        words(directives.tls.tlsCiphersuites, ":"),
        switch (directives.tls.tlsProvider.value()) {
          case AUTO -> Tls.Provider.AUTO;
          case OPENSSL -> Tls.Provider.OPENSSL;
          case JDK -> Tls.Provider.JDK;
        });
  }

  private static List<String> words(TextDirective directive, String separator) {
    return List.of(directive.value().split(separator, -1)).stream()
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private Tls.@Nullable Identity identity(
      TextDirective certificate, TextDirective key, TextDirective password) {
    Path certificateFile = path(certificate);
    Path keyFile = path(key);
    return certificateFile == null || keyFile == null
        ? null
        : new Tls.Identity(certificateFile, keyFile, password.value());
  }

  private @Nullable Path path(TextDirective directive) {
    String text = directive.value();
    return text.isEmpty() ? null : directives.path(text);
  }
}
