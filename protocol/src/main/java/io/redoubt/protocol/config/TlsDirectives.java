package io.redoubt.protocol.config;

import java.util.ArrayList;
import java.util.List;

/** The directives of encrypted connections, which server and sentinel share too. */
@SuppressWarnings("this-escape") // declaring calls final methods that use nothing of a subclass
public abstract class TlsDirectives extends CommonDirectives {

  /** Who has to show a certificate. */
  public enum AuthClients {
    /** Nobody is asked. */
    NO,
    /** Everybody. */
    YES,
    /** Who has one. */
    OPTIONAL
  }

  {
    section("TLS");
  }

  /** {@code tls-port}. */
  public final IntDirective tlsPort =
      integer("tls-port", 0)
          .between(0, 65535)
          .doc("The port for TLS connections; 0 for none. It is served beside the plain port.");

  /** {@code tls-cert-file}. */
  public final TextDirective tlsCertFile =
      text("tls-cert-file", "").shown("server.crt", "The server's certificate, PEM.");

  /** {@code tls-key-file}. */
  public final TextDirective tlsKeyFile =
      text("tls-key-file", "")
          .shown("server.key", "The private key of that certificate, PEM in the form of PKCS #8.");

  /** {@code tls-key-file-pass}. */
  public final TextDirective tlsKeyFilePass =
      text("tls-key-file-pass", "")
          .sensitive()
          .shown("secret", "The passphrase of the private key, when it has one.");

  /** {@code tls-client-cert-file}. */
  public final TextDirective tlsClientCertFile =
      text("tls-client-cert-file", "")
          .shown(
              "client.crt",
              "The certificate to show as a client, towards a master for instance; without it the"
                  + " server's own is shown.");

  /** {@code tls-client-key-file}. */
  public final TextDirective tlsClientKeyFile =
      text("tls-client-key-file", "")
          .shown("client.key", "The private key of the client certificate.");

  /** {@code tls-client-key-file-pass}. */
  public final TextDirective tlsClientKeyFilePass =
      text("tls-client-key-file-pass", "")
          .sensitive()
          .shown("secret", "The passphrase of the client key, when it has one.");

  /** {@code tls-dh-params-file}. */
  public final TextDirective tlsDhParamsFile =
      text("tls-dh-params-file", "")
          .acceptedWithoutEffect()
          .shown("redis.dh", "Diffie-Hellman parameters for old ciphers.");

  /** {@code tls-ca-cert-file}. */
  public final TextDirective tlsCaCertFile =
      text("tls-ca-cert-file", "")
          .shown("ca.crt", "The certificates that the other side's certificate is checked with.");

  /** {@code tls-ca-cert-dir}. */
  public final TextDirective tlsCaCertDir =
      text("tls-ca-cert-dir", "")
          .shown("/etc/ssl/certs", "A directory of such certificates, instead or in addition.");

  /** {@code tls-auth-clients}. */
  public final ChoiceDirective<AuthClients> tlsAuthClients =
      choice("tls-auth-clients", AuthClients.YES)
          .doc(
              "Whether clients have to show a certificate: yes, no, or optional, which checks it"
                  + " when there is one.");

  /** {@code tls-replication}. */
  public final YesNoDirective tlsReplication =
      yesNo("tls-replication", false).doc("Whether a replica uses TLS towards its master.");

  /** {@code tls-cluster}. */
  public final YesNoDirective tlsCluster =
      yesNo("tls-cluster", false)
          .doc("Whether MIGRATE uses TLS, as the bus of a cluster would, which there is none of.");

  /** {@code tls-protocols}. */
  public final TextDirective tlsProtocols =
      text("tls-protocols", "")
          .shown("\"TLSv1.2 TLSv1.3\"", "The versions of TLS to offer; these two by default.");

  /** {@code tls-ciphers}. */
  public final TextDirective tlsCiphers =
      text("tls-ciphers", "")
          .withoutEffectYet()
          .shown("DEFAULT:!MEDIUM", "The ciphers up to TLS 1.2, as ciphers(1ssl) writes them.");

  /** {@code tls-ciphersuites}. */
  public final TextDirective tlsCiphersuites =
      text("tls-ciphersuites", "")
          .shown("TLS_CHACHA20_POLY1305_SHA256", "The cipher suites of TLS 1.3.");

  /** {@code tls-prefer-server-ciphers}. */
  public final YesNoDirective tlsPreferServerCiphers =
      yesNo("tls-prefer-server-ciphers", false)
          .acceptedWithoutEffect()
          .doc("Whether the server's order of ciphers goes before the client's.");

  /** {@code tls-session-caching}. */
  public final YesNoDirective tlsSessionCaching =
      yesNo("tls-session-caching", true)
          .acceptedWithoutEffect()
          .doc("Whether sessions are kept for clients that come back.");

  /** {@code tls-session-cache-size}. */
  public final IntDirective tlsSessionCacheSize =
      integer("tls-session-cache-size", 20 * 1024)
          .acceptedWithoutEffect()
          .doc("How many sessions are kept.");

  /** {@code tls-session-cache-timeout}. */
  public final IntDirective tlsSessionCacheTimeout =
      integer("tls-session-cache-timeout", 300)
          .acceptedWithoutEffect()
          .doc("How many seconds a session is kept.");

  /** Those that encrypted connections depend on. */
  public final List<Directive<?, ?>> tlsDirectives() {
    return List.of(
        tlsPort,
        tlsCertFile,
        tlsKeyFile,
        tlsKeyFilePass,
        tlsCaCertFile,
        tlsCaCertDir,
        tlsAuthClients,
        tlsProtocols,
        tlsCiphersuites);
  }

  /** The directives of this part and those below it, unset. */
  protected TlsDirectives() {}

  /** The kinds of connections that are listened for, as Redis names them; empty: none. */
  public final List<String> listeners() {
    List<String> kinds = new ArrayList<>();
    if (port.value() != 0) {
      kinds.add("tcp");
    }
    if (!unixsocket.value().isEmpty()) {
      kinds.add("unix");
    }
    if (tlsPort.value() != 0) {
      kinds.add("tls");
    }
    return kinds;
  }
}
