package io.redoubt.protocol.launch;

import io.redoubt.protocol.config.TextDirective;
import io.redoubt.protocol.config.TlsDirectives;
import io.redoubt.protocol.config.TlsDirectives.AuthClients;
import io.redoubt.protocol.net.Tls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the directives of TLS come to: both sides of encrypted connections. For one thread. */
public final class TlsSettings {
  private final TlsDirectives directives;
  private @Nullable Tls client;
  private List<Object> clientBasis = List.of();

  /** The settings of those directives as they are when they are asked for. */
  public TlsSettings(TlsDirectives directives) {
    this.directives = directives;
  }

  /**
   * The port to tell masters, replicas and sentinels: that of encrypted connections where they are
   * to use these.
   *
   * @param plainPort the one to tell otherwise
   */
  public int portToTell(int plainPort) {
    int port = directives.tlsPort.value();
    return directives.tlsReplication.value() && port != 0 ? port : plainPort;
  }

  /**
   * The side that listens.
   *
   * @throws IOException when something is missing or can't be read
   */
  public Tls server() throws IOException {
    AuthClients clients = directives.tlsAuthClients.value();
    Tls.Identity identity =
        identity(directives.tlsCertFile, directives.tlsKeyFile, directives.tlsKeyFilePass);
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
        switch (clients) {
          case NO -> Tls.ClientCertificates.UNWANTED;
          case OPTIONAL -> Tls.ClientCertificates.OPTIONAL;
          case YES -> Tls.ClientCertificates.REQUIRED;
        });
  }

  /**
   * The side that connects, with a certificate of its own or that of the other side; null unless
   * {@code tls-replication} wants connections to masters, replicas and sentinels encrypted.
   *
   * @throws IOException when something is missing or can't be read
   */
  public @Nullable Tls client() throws IOException {
    return directives.tlsReplication.value() ? connecting() : null;
  }

  /**
   * As {@link #client}, for connections to servers that keys are moved to: null unless {@code
   * tls-cluster} wants them encrypted.
   *
   * @throws IOException when something is missing or can't be read
   */
  public @Nullable Tls migrating() throws IOException {
    return directives.tlsCluster.value() ? connecting() : null;
  }

  private Tls connecting() throws IOException {
    List<Object> basis = basis();
    Tls made = client;
    if (made == null || !basis.equals(clientBasis)) {
      made = madeClient();
      client = made;
      clientBasis = basis;
    }
    return made;
  }

  /** What the side that connects is made of; another one is made when that has changed. */
  private List<Object> basis() throws IOException {
    List<Object> basis = new ArrayList<>();
    for (TextDirective file :
        List.of(
            directives.tlsClientCertFile,
            directives.tlsClientKeyFile,
            directives.tlsCertFile,
            directives.tlsKeyFile,
            directives.tlsCaCertFile,
            directives.tlsCaCertDir)) {
      Path path = path(file);
      basis.add(file.value());
      basis.add(path == null ? "" : Files.getLastModifiedTime(path));
    }
    basis.add(directives.tlsKeyFilePass.value());
    basis.add(directives.tlsClientKeyFilePass.value());
    basis.add(terms());
    return basis;
  }

  private Tls madeClient() throws IOException {
    requireAuthorities();
    Tls.Identity own =
        identity(
            directives.tlsClientCertFile,
            directives.tlsClientKeyFile,
            directives.tlsClientKeyFilePass);
    Tls.Identity shown =
        own == null
            ? identity(directives.tlsCertFile, directives.tlsKeyFile, directives.tlsKeyFilePass)
            : own;
    return Tls.client(shown, authorities(), terms());
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
    return new Tls.Authorities(path(directives.tlsCaCertFile), path(directives.tlsCaCertDir));
  }

  private Tls.Terms terms() {
    return new Tls.Terms(
        words(directives.tlsProtocols, " "), words(directives.tlsCiphersuites, ":"));
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
