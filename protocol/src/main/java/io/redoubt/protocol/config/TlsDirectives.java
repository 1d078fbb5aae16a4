package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.util.ArrayList;
import java.util.List;

/** The directives for TLS, shared by data server and sentinel. */
public final class TlsDirectives extends DirectiveGroup {

  /** The clients that must present a certificate. */
  public enum AuthClients {
    /** None is requested. */
    NO,
    /** All. */
    YES,
    /** Optional, but verified if presented. */
    OPTIONAL
  }

  /** The field of a client's certificate that names its user. */
  public enum AuthClientsUser {
    /** None. */
    OFF,
    /** The common name of the subject. */
    CN,
    /** A URI among the alternative names of the subject. */
    URI
  }

  /** The values of {@code tls-provider}. */
  public enum TlsProvider {
    /** BoringSSL where it can do what is configured, else Java's. */
    AUTO,
    /** BoringSSL. */
    OPENSSL,
    /** Java's. */
    JDK
  }

  {
    startSection("TLS");
  }

  public final IntDirective tlsPort =
      integer("tls-port", 0)
          .between(0, 65535)
          .doc("The port for TLS connections, in addition to the plain port; 0 for none.");

  public final TextDirective tlsCertFile =
      text("tls-cert-file", "")
          .namesContent()
          .shown("server.crt", "The server's certificate (PEM).");

  public final TextDirective tlsKeyFile =
      text("tls-key-file", "")
          .namesContent()
          .shown(
              "server.key",
              "The private key of that certificate (PEM): RSA, EC or Ed25519, in PKCS #8, PKCS #1"
                  + " or SEC 1. To load renewed files, set one of these directives by CONFIG SET to"
                  + " the value that it has.");

  public final TextDirective tlsKeyFilePass =
      text("tls-key-file-pass", "")
          .sensitive()
          .shown("secret", "The passphrase of the private key, if it is encrypted.");

  public final TextDirective tlsClientCertFile =
      text("tls-client-cert-file", "")
          .namesContent()
          .shown(
              "client.crt",
              "The certificate to present as a client, for instance to a master; by default the"
                  + " server's own.");

  public final TextDirective tlsClientKeyFile =
      text("tls-client-key-file", "")
          .namesContent()
          .shown("client.key", "The private key of the client certificate.");

  public final TextDirective tlsClientKeyFilePass =
      text("tls-client-key-file-pass", "")
          .sensitive()
          .shown("secret", "The passphrase of the client key, if it is encrypted.");

  public final TextDirective tlsDhParamsFile =
      text("tls-dh-params-file", "")
          .acceptedWithoutEffect()
          .shown("redis.dh", "Diffie-Hellman parameters for old ciphers.");

  public final TextDirective tlsCaCertFile =
      text("tls-ca-cert-file", "")
          .namesContent()
          .shown("ca.crt", "The CA certificates that verify peers' certificates.");

  public final TextDirective tlsCaCertDir =
      text("tls-ca-cert-dir", "")
          .namesContent()
          .shown("/etc/ssl/certs", "A directory of CA certificates, instead or in addition.");

  public final ChoiceDirective<AuthClients> tlsAuthClients =
      choice("tls-auth-clients", AuthClients.YES)
          .doc("Require client certificates: yes, no, or optional (verified if presented).");

  public final ChoiceDirective<AuthClientsUser> tlsAuthClientsUser =
      choice("tls-auth-clients-user", AuthClientsUser.OFF)
          .spelled("CN", AuthClientsUser.CN)
          .spelled("URI", AuthClientsUser.URI)
          .doc(
              "The field of a client's certificate that names the user as which it is logged in: CN"
                  + " (the common name), URI (the first alternative name that is a user's), or"
                  + " off. Without such a user it remains the default user.");

  public final YesNoDirective tlsReplication =
      yesNo("tls-replication", false).doc("Use TLS on the replica's link to its master.");

  public final YesNoDirective tlsCluster =
      yesNo("tls-cluster", false)
          .doc("Use TLS on the cluster bus, on which all nodes must agree, and in MIGRATE.");

  public final TextDirective tlsProtocols =
      text("tls-protocols", "")
          .shown("\"TLSv1.2 TLSv1.3\"", "The TLS versions to offer; these two by default.");

  public final TextDirective tlsCiphers =
      text("tls-ciphers", "")
          .shown(
              "DEFAULT:!kRSA",
              "The ciphers up to TLS 1.2, in the syntax of ciphers(1ssl). Those with RSA key"
                  + " exchange are off unless they are selected, as they are by DEFAULT.");

  public final TextDirective tlsCiphersuites =
      text("tls-ciphersuites", "")
          .shown("TLS_CHACHA20_POLY1305_SHA256", "The cipher suites of TLS 1.3.");

  public final YesNoDirective tlsPreferServerCiphers =
      yesNo("tls-prefer-server-ciphers", false)
          .doc("Prefer the server's order of ciphers to the client's.");

  public final ChoiceDirective<TlsProvider> tlsProvider =
      choice("tls-provider", TlsProvider.AUTO)
          .doc(
              "The implementation of TLS: openssl (BoringSSL), jdk (Java's, which takes more"
                  + " processor time), or auto: BoringSSL unless it can't be loaded or can't do"
                  + " what is configured (tls-ciphersuites; certificates for Ed25519, DSA,"
                  + " RSA-PSS). INFO server says which it is.");

  public final IntDirective tlsAutoReloadInterval =
      integer("tls-auto-reload-interval", 0)
          .doc(
              "Seconds between looks for renewed certificates and keys, which are then loaded for"
                  + " new connections; 0 to load them only at CONFIG SET of their path.");

  public final YesNoDirective tlsSessionCaching =
      yesNo("tls-session-caching", true).doc("Cache sessions for returning clients.");

  public final IntDirective tlsSessionCacheSize =
      integer("tls-session-cache-size", 20 * 1024).doc("The maximum number of cached sessions.");

  public final IntDirective tlsSessionCacheTimeout =
      integer("tls-session-cache-timeout", 300).doc("Seconds that a session is cached.");

  /** Returns the directives that TLS connections depend on, in addition to the port. */
  public List<Directive<?, ?>> tlsDirectives() {
    List<Directive<?, ?>> all = new ArrayList<>(certificates());
    all.addAll(
        List.of(
            tlsAuthClients,
            tlsReplication,
            tlsCluster,
            tlsProtocols,
            tlsCiphers,
            tlsCiphersuites,
            tlsPreferServerCiphers,
            tlsProvider,
            tlsSessionCaching,
            tlsSessionCacheSize,
            tlsSessionCacheTimeout));
    return all;
  }

  /** Returns the directives for keys and certificates, which are replaced when they expire. */
  public List<TextDirective> certificates() {
    return List.of(
        tlsCertFile,
        tlsKeyFile,
        tlsKeyFilePass,
        tlsClientCertFile,
        tlsClientKeyFile,
        tlsClientKeyFilePass,
        tlsCaCertFile,
        tlsCaCertDir);
  }
}
