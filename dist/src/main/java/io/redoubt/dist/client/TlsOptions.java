package io.redoubt.dist.client;

import io.redoubt.protocol.net.Tls;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The TLS options of a command line.
 *
 * @param serverName the name to announce (SNI), or null
 * @param authorities a file of trusted certificates, or null
 * @param authoritiesFolder a folder of such files, or null
 * @param certificate the client's certificate, or null
 * @param key the key of the client's certificate, or null
 * @param insecure accepts any certificate of the server
 * @param ciphers suites up to TLS 1.2 as a list for OpenSSL, empty for the defaults
 * @param suites suites of TLS 1.3, empty for the defaults
 */
public record TlsOptions(
    @Nullable String serverName,
    @Nullable Path authorities,
    @Nullable Path authoritiesFolder,
    @Nullable Path certificate,
    @Nullable Path key,
    boolean insecure,
    String ciphers,
    List<String> suites) {

  private Tls tls() throws IOException {
    Tls.Identity identity =
        certificate == null || key == null ? null : new Tls.Identity(certificate, key, "");
    // Sockets are Java's in any case, so BoringSSL would be loaded for nothing.
    Tls.Terms terms = new Tls.Terms(List.of(), ciphers, suites, Tls.Provider.JDK);
    return insecure
        ? Tls.insecureClient(identity, terms)
        : Tls.client(identity, new Tls.Authorities(authorities, authoritiesFolder), terms);
  }

  /** Encrypts a connected socket; the handshake is complete on return. */
  Socket encrypt(Socket plain, String host, int port) throws IOException {
    SSLSocket socket = (SSLSocket) tls().sockets().createSocket(plain, host, port, true);
    socket.setSSLParameters(named(socket.getSSLParameters()));
    socket.startHandshake();
    return socket;
  }

  /** Returns the engine of a connection over another transport. */
  SSLEngine engine(String host, int port) throws IOException {
    SSLEngine engine = tls().engine(host, port);
    engine.setSSLParameters(named(engine.getSSLParameters()));
    return engine;
  }

  private SSLParameters named(SSLParameters parameters) {
    if (serverName != null) {
      parameters.setServerNames(List.of(new SNIHostName(serverName)));
    }
    return parameters;
  }
}
