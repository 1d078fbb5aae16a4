package io.redoubt.protocol.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.SocketFactory;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * What one side of encrypted connections needs: its certificate, whom it believes, and which
 * versions of TLS it speaks. Names in certificates are not compared with those of hosts: whoever
 * has a certificate of the right authority is welcome, as with Redis.
 */
public final class Tls {
  /** Whether clients have to show a certificate. */
  public enum ClientCertificates {
    /** They are not asked. */
    UNWANTED,
    /** One that is shown must be right. */
    OPTIONAL,
    /** No connection without a right one. */
    REQUIRED
  }

  /**
   * A certificate and its key.
   *
   * @param certificate a file with PEM certificates, one's own first
   * @param key a file with a PEM key in the form of PKCS #8
   * @param password of the key, empty for none
   */
  public record Identity(Path certificate, Path key, String password) {}

  /**
   * The authorities whose certificates are believed.
   *
   * @param file a file with PEM certificates, or null
   * @param directory a folder of such files, or null
   */
  public record Authorities(@Nullable Path file, @Nullable Path directory) {}

  /**
   * What may be negotiated.
   *
   * @param protocols such as {@code TLSv1.3}; empty for 1.2 and 1.3
   * @param suites such as {@code TLS_AES_128_GCM_SHA256}; empty for those that Java offers
   */
  public record Terms(List<String> protocols, List<String> suites) {
    private static final List<String> USUAL = List.of("TLSv1.3", "TLSv1.2");

    /** Copies the lists. */
    public Terms {
      protocols = protocols.isEmpty() ? USUAL : List.copyOf(protocols);
      suites = List.copyOf(suites);
    }
  }

  private final SslContext context;

  private Tls(SslContext context) {
    this.context = context;
  }

  /**
   * The side that accepts connections.
   *
   * @throws IOException when a file can't be read or does not hold what it should
   */
  public static Tls server(
      Identity identity, Authorities authorities, Terms terms, ClientCertificates clients)
      throws IOException {
    try {
      SslContextBuilder builder =
          SslContextBuilder.forServer(
                  identity.certificate().toFile(), identity.key().toFile(), password(identity))
              .clientAuth(
                  switch (clients) {
                    case UNWANTED -> ClientAuth.NONE;
                    case OPTIONAL -> ClientAuth.OPTIONAL;
                    case REQUIRED -> ClientAuth.REQUIRE;
                  });
      return built(builder, authorities, terms);
    } catch (IllegalArgumentException e) {
      throw new IOException(reason(e), e);
    }
  }

  /**
   * The side that makes connections.
   *
   * @param identity what to show when the other side asks for it, null for nothing
   * @throws IOException when a file can't be read or does not hold what it should
   */
  public static Tls client(@Nullable Identity identity, Authorities authorities, Terms terms)
      throws IOException {
    try {
      SslContextBuilder builder =
          SslContextBuilder.forClient().endpointIdentificationAlgorithm(null);
      if (identity != null) {
        builder.keyManager(
            identity.certificate().toFile(), identity.key().toFile(), password(identity));
      }
      return built(builder, authorities, terms);
    } catch (IllegalArgumentException e) {
      throw new IOException(reason(e), e);
    }
  }

  private static Tls built(SslContextBuilder builder, Authorities authorities, Terms terms)
      throws IOException {
    List<X509Certificate> believed = certificates(authorities);
    if (!believed.isEmpty()) {
      builder.trustManager(believed.toArray(new X509Certificate[0]));
    }
    if (!terms.suites().isEmpty()) {
      builder.ciphers(terms.suites(), SupportedCipherSuiteFilter.INSTANCE);
    }
    return new Tls(builder.sslProvider(SslProvider.JDK).protocols(terms.protocols()).build());
  }

  private static String reason(IllegalArgumentException e) {
    Throwable cause = e.getCause();
    return e.getMessage() + (cause == null ? "" : ": " + cause.getMessage());
  }

  @SuppressWarnings("NullAway") // null is how there is no password
  private static String password(Identity identity) {
    return identity.password().isEmpty() ? null : identity.password();
  }

  private static List<X509Certificate> certificates(Authorities authorities) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    if (authorities.file() != null) {
      certificates.addAll(certificates(authorities.file()));
    }
    if (authorities.directory() != null) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(authorities.directory())) {
        for (Path file : files) {
          if (Files.isRegularFile(file)) {
            certificates.addAll(certificates(file));
          }
        }
      }
    }
    return certificates;
  }

  private static List<X509Certificate> certificates(Path file) throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    try (InputStream in = Files.newInputStream(file)) {
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        if (each instanceof X509Certificate certificate) {
          certificates.add(certificate);
        }
      }
      return certificates;
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " holds no certificate: " + e.getMessage(), e);
    }
  }

  /** Makes sockets that encrypt what goes over them, and agree on the keys at their first use. */
  public SocketFactory sockets() {
    if (context instanceof JdkSslContext jdk) {
      return jdk.context().getSocketFactory();
    }
    throw new IllegalStateException("not of the JDK");
  }

  /** Encrypts and decrypts for one connection. */
  SSLEngine engine() {
    return context.newEngine(UnpooledByteBufAllocator.DEFAULT);
  }

  /** Has everything that a channel sends and gets pass through this. */
  void encrypt(Channel channel) {
    SslHandler handler = context.newHandler(channel.alloc());
    channel.pipeline().addLast(new Detach(), handler);
  }

  /**
   * Copies what was read: the buffer that it came in is shared by all connections of the loop, and
   * half a record has to wait for the other half.
   */
  private static final class Detach extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf shared = (ByteBuf) message;
      try {
        context.fireChannelRead(context.alloc().buffer(shared.readableBytes()).writeBytes(shared));
      } finally {
        shared.release();
      }
    }
  }
}
