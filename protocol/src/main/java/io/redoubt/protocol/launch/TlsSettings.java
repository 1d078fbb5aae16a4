package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.Directives;
import io.redoubt.protocol.config.TlsDirectives.AuthClients;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.net.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The TLS contexts built from the TLS directives: for listeners and for outgoing connections. Not
 * thread-safe.
 */
public final class TlsSettings {
  private final Directives directives;
  private @Nullable Tls client;
  private List<Object> clientInputs = List.of();

  /** Creates settings that read the directives on each request. */
  public TlsSettings(Directives directives) {
    this.directives = directives;
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

  /**
   * Returns the context for listeners.
   *
   * @throws IOException if a file is missing or can't be read
   */
  public Tls server() throws IOException {
    AuthClients clients = directives.tls.tlsAuthClients.value();
    Tls.Identity identity =
        identity(
            directives.tls.tlsCertFile, directives.tls.tlsKeyFile, directives.tls.tlsKeyFilePass);
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
    List<Object> inputs = inputs();
    Tls built = client;
    if (built == null || !inputs.equals(clientInputs)) {
      built = buildClient();
      client = built;
      clientInputs = inputs;
    }
    return built;
  }

  /** Returns the inputs of the client context, which is rebuilt when they change. */
  private List<Object> inputs() throws IOException {
    List<Object> inputs = new ArrayList<>();
    for (TextDirective file :
        List.of(
            directives.tls.tlsClientCertFile,
            directives.tls.tlsClientKeyFile,
            directives.tls.tlsCertFile,
            directives.tls.tlsKeyFile,
            directives.tls.tlsCaCertFile,
            directives.tls.tlsCaCertDir)) {
      Path path = path(file);
      inputs.add(file.value());
      inputs.add(path == null ? "" : Files.getLastModifiedTime(path));
    }
    inputs.add(directives.tls.tlsKeyFilePass.value());
    inputs.add(directives.tls.tlsClientKeyFilePass.value());
    inputs.add(terms());
    return inputs;
  }

  private Tls buildClient() throws IOException {
    requireAuthorities();
    Tls.Identity client =
        identity(
            directives.tls.tlsClientCertFile,
            directives.tls.tlsClientKeyFile,
            directives.tls.tlsClientKeyFilePass);
    Tls.Identity identity =
        client == null
            ? identity(
                directives.tls.tlsCertFile,
                directives.tls.tlsKeyFile,
                directives.tls.tlsKeyFilePass)
            : client;
    return Tls.client(identity, authorities(), terms());
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
        words(directives.tls.tlsCiphersuites, ":"));
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
