package io.redoubt.protocol.net;

import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslServerContext;
import io.netty.handler.ssl.OpenSslServerSessionContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.internal.tcnative.SSL;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** Builds the contexts of a configuration with the provider that it asks for. */
final class TlsContexts {
  private static final int MAX_EC_BITS = 384;

  /**
   * The format of the key stores in which netty passes keys, in memory. In Java's default format,
   * PKCS #12, hashing the empty password takes each start a fifth of a second.
   */
  private static final String KEY_STORE = "JKS";

  private final SslContextBuilder builder;
  private final Tls.Terms terms;

  /** Java's names of the cipher suites to enable. */
  private final List<String> suites;

  private final List<X509Certificate> certificates;

  /** Why Java takes the place of OpenSSL; empty if it was chosen, or does not. */
  private String obstacle = "";

  /**
   * Creates contexts.
   *
   * @param builder has identity and authorities
   * @param certificates those of identity and authorities
   * @throws IOException if the terms name no cipher
   */
  TlsContexts(SslContextBuilder builder, Tls.Terms terms, List<X509Certificate> certificates)
      throws IOException {
    this.terms = terms;
    this.suites = terms.enabled();
    this.builder =
        builder
            .keyStoreType(KEY_STORE)
            .ciphers(suites, SupportedCipherSuiteFilter.INSTANCE)
            .protocols(terms.protocols());
    this.certificates = certificates;
  }

  /** Returns why a context is Java's in place of OpenSSL's; empty if there was no such reason. */
  String obstacle() {
    return obstacle;
  }

  /**
   * Builds the context for a client's channels.
   *
   * @param ofThreads takes its place where it would be Java's, too
   */
  SslContext ofClient(JdkSslContext ofThreads) throws IOException {
    SslContext context = ofOpenSsl();
    return context == null ? ofThreads : context;
  }

  /** Builds the context for a client's sockets, which are Java's. */
  JdkSslContext ofThreads() throws IOException {
    return (JdkSslContext) built(SslProvider.JDK);
  }

  /** Builds the context for a server's channels. */
  SslContext ofServer(Tls.Sessions sessions) throws IOException {
    int seconds = Math.min(sessions.seconds(), Tls.Sessions.MAX_SECONDS);
    builder.sessionCacheSize(sessions.count()).sessionTimeout(seconds);
    if (ofOpenSsl() instanceof OpenSslServerContext context) {
      keep(sessions, context);
      return context;
    }
    if (!sessions.resumable()) {
      // Beyond the largest age Java issues no tickets, which could not be revoked.
      builder.sessionTimeout(Tls.Sessions.MAX_SECONDS + 1);
    }
    return built(SslProvider.JDK);
  }

  private static void keep(Tls.Sessions sessions, OpenSslServerContext context) {
    OpenSslServerSessionContext kept = context.sessionContext();
    kept.setSessionCacheEnabled(sessions.resumable());
    if (sessions.count() == 0) {
      kept.setSessionCacheSize(Integer.MAX_VALUE);
    }
  }

  /** Applies to an accepted connection what a context can't say for all of them. */
  static void configure(SslHandler handler, Tls.Service service) {
    SSLEngine engine = handler.engine();
    boolean resumable = service.sessions().resumable();
    if (engine instanceof ReferenceCountedOpenSslEngine open) {
      // Options one by one: setSSLParameters would convert the names of all suites each time.
      if (!service.ownOrder()) {
        SSL.clearOptions(open.sslPointer(), SSL.SSL_OP_CIPHER_SERVER_PREFERENCE);
      }
      if (!resumable) {
        SSL.setOptions(open.sslPointer(), SSL.SSL_OP_NO_TICKET);
      }
      return;
    }
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setUseCipherSuitesOrder(service.ownOrder());
    engine.setSSLParameters(parameters);
    if (!resumable) {
      handler.handshakeFuture().addListener(done -> engine.getSession().invalidate());
    }
  }

  /**
   * Builds a context of OpenSSL's, or returns null for Java to take its place.
   *
   * @throws IOException if the terms insist on OpenSSL, which can't fulfil them
   */
  private @Nullable SslContext ofOpenSsl() throws IOException {
    if (terms.provider() == Tls.Provider.JDK) {
      return null;
    }
    obstacle = findObstacle();
    if (obstacle.isEmpty()) {
      try {
        return built(SslProvider.OPENSSL);
      } catch (IOException e) {
        obstacle = SystemErrors.text(e);
      }
    }
    if (terms.provider() == Tls.Provider.OPENSSL) {
      throw new IOException("tls-provider openssl is not possible here: " + obstacle);
    }
    return null;
  }

  private String findObstacle() {
    if (!OpenSsl.isAvailable()) {
      return "the library can't be loaded: " + OpenSsl.unavailabilityCause().getMessage();
    }
    if (!terms.suites().isEmpty()) {
      return "BoringSSL does not let the suites of TLS 1.3 be chosen (tls-ciphersuites)";
    }
    List<String> older = suites.stream().filter(name -> !Tls.Terms.isOfTls13(name)).toList();
    List<String> missing =
        older.stream().filter(name -> !OpenSsl.isCipherSuiteAvailable(name)).toList();
    boolean needsAll = terms.provider() == Tls.Provider.AUTO; // a client may have no other one
    if (!terms.ciphers().isEmpty() && missing.size() >= (needsAll ? 1 : older.size())) {
      return "BoringSSL lacks ciphers of " + terms.ciphers() + ", such as " + missing.getFirst();
    }
    return certificates.stream()
        .map(X509Certificate::getPublicKey)
        .filter(key -> !signsInBoringSsl(key))
        .map(key -> "BoringSSL does not sign with keys of the kind " + key.getAlgorithm())
        .findFirst()
        .orElse("");
  }

  /** Returns true for the keys that BoringSSL uses and accepts of peers unless told otherwise. */
  private static boolean signsInBoringSsl(PublicKey key) {
    return key.getAlgorithm().equals("RSA")
        || (key instanceof ECPublicKey ec
            && ec.getParams().getCurve().getField().getFieldSize() <= MAX_EC_BITS);
  }

  private SslContext built(SslProvider provider) throws IOException {
    try {
      return builder.sslProvider(provider).build();
    } catch (IllegalArgumentException e) {
      Throwable cause = e.getCause();
      throw new IOException(e.getMessage() + (cause == null ? "" : ": " + cause.getMessage()), e);
    }
  }
}
