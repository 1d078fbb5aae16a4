package io.redoubt.protocol.net;

import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The TLS configuration of one endpoint: certificate, trusted authorities, and protocol versions.
 * Host names are not verified: as with Redis, any certificate of a trusted authority is accepted.
 */
public final class Tls {
  static {
    RsaKeyExchange.permitInOwnProcess();
  }

  /** The policy for client certificates. */
  public enum ClientCertificates {
    /** None is requested. */
    UNWANTED,
    /** A client certificate is optional but verified if presented. */
    OPTIONAL,
    /** A valid client certificate is required. */
    REQUIRED
  }

  /**
   * A certificate and its key.
   *
   * @param certificate a PEM file with the certificate chain, the endpoint's own first
   * @param key a PEM file with a key in PKCS #8, PKCS #1 or SEC 1, encrypted or not
   * @param password the key's password, empty for none; ignored if the key is not encrypted
   */
  public record Identity(Path certificate, Path key, String password) {}

  /**
   * The trusted authorities.
   *
   * @param file a PEM file with certificates, or null
   * @param directory a folder of such files, or null
   */
  public record Authorities(@Nullable Path file, @Nullable Path directory) {}

  /** The implementation of TLS for the connections of loops. */
  public enum Provider {
    /** BoringSSL where it can do what the configuration asks for, else Java's. */
    AUTO,
    /** BoringSSL, from netty-tcnative. */
    OPENSSL,
    /** Java's. */
    JDK
  }

  /**
   * The negotiable protocol versions and cipher suites.
   *
   * @param protocols such as {@code TLSv1.3}; empty for 1.2 and 1.3
   * @param ciphers the suites up to TLS 1.2 as an OpenSSL list; empty for Java's defaults, which
   *     have no RSA key exchange
   * @param suites the suites of TLS 1.3, such as {@code TLS_AES_128_GCM_SHA256}; empty for the
   *     provider's defaults
   * @param provider the implementation that negotiates
   */
  public record Terms(
      List<String> protocols, String ciphers, List<String> suites, Provider provider) {
    private static final List<String> DEFAULT_PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    /** The defaults. */
    public static final Terms DEFAULT = new Terms(List.of(), "", List.of());

    /** Creates terms for any provider. */
    public Terms(List<String> protocols, String ciphers, List<String> suites) {
      this(protocols, ciphers, suites, Provider.AUTO);
    }

    /** Copies the lists. */
    public Terms {
      protocols = protocols.isEmpty() ? DEFAULT_PROTOCOLS : List.copyOf(protocols);
      suites = List.copyOf(suites);
    }

    /** Returns Java's names of the suites to enable, the preferred ones first. */
    List<String> enabled() throws IOException {
      SSLContext context;
      try {
        context = SSLContext.getInstance("TLS");
        // No managers: the default ones would parse the JDK's certificates, for a tenth of a
        // second.
        context.init(new KeyManager[0], new TrustManager[0], null);
      } catch (GeneralSecurityException e) {
        throw new IOException(e);
      }
      List<String> known = List.of(context.getSupportedSSLParameters().getCipherSuites());
      List<String> defaults = List.of(context.getDefaultSSLParameters().getCipherSuites());
      List<String> enabled = new ArrayList<>();
      if (suites.isEmpty()) {
        enabled.addAll(defaults.stream().filter(Terms::isOfTls13).toList());
      } else {
        enabled.addAll(
            suites.stream().filter(name -> isOfTls13(name) && known.contains(name)).toList());
        if (enabled.isEmpty() && protocols.contains("TLSv1.3")) {
          throw new IOException("Failed to configure ciphersuites: none of " + suites);
        }
      }
      if (ciphers.isEmpty()) {
        enabled.addAll(defaults.stream().filter(Terms::isDefaultOfTls12).toList());
      } else {
        List<String> selected = CipherList.select(ciphers, known);
        if (selected.isEmpty()) {
          throw new IOException("Failed to configure ciphers: none is meant by " + ciphers);
        }
        enabled.addAll(selected);
      }
      return enabled;
    }

    /** Returns true for the form of names that TLS 1.3 has, without a key exchange. */
    static boolean isOfTls13(String suite) {
      return !suite.contains("_WITH_") && !suite.endsWith("_SCSV");
    }

    private static boolean isDefaultOfTls12(String suite) {
      return !isOfTls13(suite) && !RsaKeyExchange.isUsedBy(suite);
    }
  }

  /**
   * The terms on which sessions are kept for returning clients.
   *
   * @param enabled false to make each connection negotiate anew
   * @param count the maximum number of sessions kept, 0 for any; clients with tickets count not
   * @param seconds the age until which a session can be resumed
   */
  public record Sessions(boolean enabled, int count, int seconds) {
    /** The defaults of Redis. */
    public static final Sessions DEFAULT = new Sessions(true, 20 * 1024, 300);

    /** The largest age that TLS 1.3 permits (RFC 8446, 4.6.1); for longer ones Java has none. */
    static final int MAX_SECONDS = 7 * 24 * 3600;

    boolean resumable() {
      return enabled && seconds > 0;
    }
  }

  /**
   * The settings of a server towards its clients.
   *
   * @param clients the policy for client certificates
   * @param ownOrder true to choose suites by the server's order, false by the client's
   * @param sessions the settings of session resumption
   */
  public record Service(ClientCertificates clients, boolean ownOrder, Sessions sessions) {
    /** Creates settings with Redis' defaults. */
    public Service(ClientCertificates clients) {
      this(clients, false, Sessions.DEFAULT);
    }
  }

  /**
   * The contents of the files of a configuration.
   *
   * @param context makes the engines of channels
   * @param service the settings of a server, null for a client
   * @param blocking makes the sockets and engines of threads that may wait, null for a server
   * @param obstacle why the context is Java's although any provider may be used, or empty
   */
  private record Loaded(
      SslContext context,
      @Nullable Service service,
      @Nullable JdkSslContext blocking,
      String obstacle) {}

  /** Replaced as a whole, since listeners and dialers of other threads hold this object. */
  private volatile Loaded loaded;

  private Tls(Loaded loaded) {
    this.loaded = loaded;
  }

  /** Takes over the contents of another configuration, for later connections. */
  public void become(Tls other) {
    loaded = other.loaded;
  }

  /**
   * Creates the configuration of a server.
   *
   * @throws IOException if a file cannot be read or is invalid
   */
  public static Tls server(Identity identity, Authorities authorities, Terms terms, Service service)
      throws IOException {
    Credentials credentials = Credentials.read(identity);
    SslContextBuilder builder =
        SslContextBuilder.forServer(credentials.key(), credentials.chain())
            .clientAuth(
                switch (service.clients()) {
                  case UNWANTED -> ClientAuth.NONE;
                  case OPTIONAL -> ClientAuth.OPTIONAL;
                  case REQUIRED -> ClientAuth.REQUIRE;
                });
    TlsContexts contexts = contexts(builder, credentials, authorities, terms);
    SslContext context = contexts.ofServer(service.sessions());
    return new Tls(new Loaded(context, service, null, contexts.obstacle()));
  }

  /**
   * Creates the configuration of a client.
   *
   * @param identity the certificate to present on request, null for none
   * @throws IOException if a file cannot be read or is invalid
   */
  public static Tls client(@Nullable Identity identity, Authorities authorities, Terms terms)
      throws IOException {
    Credentials credentials = identity == null ? null : Credentials.read(identity);
    return ofClient(contexts(clientBuilder(credentials), credentials, authorities, terms));
  }

  /**
   * Creates the configuration of a client that accepts any certificate, as tools do on request.
   *
   * @param identity the certificate to present on request, null for none
   * @throws IOException if a file cannot be read or is invalid
   */
  public static Tls insecureClient(@Nullable Identity identity, Terms terms) throws IOException {
    Credentials credentials = identity == null ? null : Credentials.read(identity);
    SslContextBuilder builder =
        clientBuilder(credentials).trustManager(InsecureTrustManagerFactory.INSTANCE);
    return ofClient(contexts(builder, credentials, new Authorities(null, null), terms));
  }

  private static Tls ofClient(TlsContexts contexts) throws IOException {
    JdkSslContext blocking = contexts.ofThreads();
    SslContext context = contexts.ofClient(blocking);
    return new Tls(new Loaded(context, null, blocking, contexts.obstacle()));
  }

  private static SslContextBuilder clientBuilder(@Nullable Credentials credentials) {
    SslContextBuilder builder = SslContextBuilder.forClient().endpointIdentificationAlgorithm(null);
    if (credentials != null) {
      builder.keyManager(credentials.key(), credentials.chain());
    }
    return builder;
  }

  private static TlsContexts contexts(
      SslContextBuilder builder,
      @Nullable Credentials credentials,
      Authorities authorities,
      Terms terms)
      throws IOException {
    List<X509Certificate> trusted = Credentials.trusted(authorities);
    if (!trusted.isEmpty()) {
      builder.trustManager(trusted);
    }
    List<X509Certificate> certificates = new ArrayList<>(trusted);
    if (credentials != null) {
      certificates.add(credentials.chain().getFirst());
    }
    return new TlsContexts(builder, terms, certificates);
  }

  /** Returns the provider in force, {@code OPENSSL} or {@code JDK}. */
  public Provider provider() {
    return loaded.context() instanceof JdkSslContext ? Provider.JDK : Provider.OPENSSL;
  }

  /** Returns the provider for a reader, and why it is not OpenSSL. */
  public String providerWithReason() {
    String obstacle = loaded.obstacle();
    return provider().name().toLowerCase(Locale.ROOT)
        + (obstacle.isEmpty() ? "" : ", because " + obstacle);
  }

  /**
   * Loads what a server's first connection needs, which takes a tenth of a second. Never fails,
   * because the connections themselves report what is wrong. For a thread of its own.
   *
   * @return true if a client without a certificate could connect
   */
  public boolean rehearse() {
    Loaded now = loaded;
    Service service = Objects.requireNonNull(now.service(), "a client's");
    SslContext context = now.context();
    try {
      SslHandler handler = context.newHandler(Pool.OF_ALL);
      TlsContexts.configure(handler, service);
      SslProvider provider = provider() == Provider.JDK ? SslProvider.JDK : SslProvider.OPENSSL;
      return TlsRehearsal.run(provider, Pool.OF_ALL, input(context), handler);
    } catch (Exception e) { // netty throws the checked exceptions of engines, undeclared
      return false;
    }
  }

  /** Returns a factory of TLS sockets, which perform the handshake at first use. */
  public SSLSocketFactory sockets() {
    JdkSslContext context = blocking();
    SSLParameters parameters =
        context.newEngine(UnpooledByteBufAllocator.DEFAULT).getSSLParameters();
    return new TlsSocketFactory(context.context().getSocketFactory(), parameters);
  }

  private JdkSslContext blocking() {
    return Objects.requireNonNull(loaded.blocking(), "a server's");
  }

  /** Creates the engine of a blocking connection to a server, with the server's name for SNI. */
  public SSLEngine engine(String host, int port) {
    return blocking().newEngine(UnpooledByteBufAllocator.DEFAULT, host, port);
  }

  /**
   * Adds encryption to a channel's pipeline.
   *
   * @param remote the server, whose name is sent as SNI; null for an accepted connection
   */
  public void encrypt(Channel channel, @Nullable InetSocketAddress remote) {
    channel.config().setAllocator(Pool.OF_ALL);
    Loaded now = loaded;
    SslContext context = now.context();
    Service service = now.service();
    SslHandler handler =
        remote == null
            ? context.newHandler(channel.alloc())
            : context.newHandler(channel.alloc(), remote.getHostString(), remote.getPort());
    if (service != null) {
      TlsContexts.configure(handler, service);
    }
    channel.pipeline().addLast(input(context), handler);
  }

  /** Returns true if the handshake of a pipeline's encryption is complete. */
  static boolean isEstablished(ChannelPipeline pipeline) {
    SslHandler encryption = pipeline.get(SslHandler.class);
    return encryption != null && encryption.handshakeFuture().isSuccess();
  }

  /** Returns the session of a pipeline's encryption, or null. */
  static @Nullable SSLSession session(ChannelPipeline pipeline) {
    SslHandler encryption = pipeline.get(SslHandler.class);
    return encryption == null ? null : encryption.engine().getSession();
  }

  /** Creates what prepares the input of a channel for the context's engines. */
  private static SharedInput input(SslContext context) {
    return context instanceof JdkSslContext ? new SharedInput() : new RecordInput();
  }

  /** The pool of buffers of encryption, made for the first connection that needs it. */
  private static final class Pool {
    static final ByteBufAllocator OF_ALL = new AdaptiveByteBufAllocator();
  }
}
