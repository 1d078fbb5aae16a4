package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.pem.PemFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECPrivateKeySpec;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the configuration of TLS: keys of all kinds, versions, ciphers, sessions and providers. */
@Timeout(60)
@ParameterizedClass
@EnumSource(names = {"JDK", "OPENSSL"})
class TlsConfigurationTest extends TlsFixture {
  private static final String CHACHA = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
  private static final String GCM = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";

  @Test
  void reportsInvalidFiles() throws Exception {
    Path nonsense = Files.writeString(folder.resolve("nonsense"), "nonsense");
    Tls.Identity wrong = new Tls.Identity(nonsense, nonsense, "");
    assertThatThrownBy(() ->
            Tls.server(
                wrong, authority(ours), terms(), new Tls.Service(Tls.ClientCertificates.UNWANTED)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nonsense");
  }

  @Test
  void ignoresThePasswordOfAPlainKey() throws Exception {
    Tls.Identity withPassword = new Tls.Identity(ours.certificate(), ours.key(), "unused");
    int port = listenWithCertificates(withPassword, ours);
    assertThat(session(client(withPassword), port, "TLSv1.3").isValid()).isTrue();
  }

  /**
   * Listens with an identity, and requires certificates that another one's authority has issued.
   */
  private int listenWithCertificates(Tls.Identity shown, Tls.Identity trusted) throws Exception {
    return listen(
        Tls.server(
            shown, authority(trusted), terms(), new Tls.Service(Tls.ClientCertificates.REQUIRED)));
  }

  private static Path resource(String name) throws Exception {
    return Path.of(
        TlsConfigurationTest.class.getResource("/io/redoubt/protocol/pem/" + name).toURI());
  }

  private static Tls.Identity identity(String certificate, String key) throws Exception {
    return new Tls.Identity(resource(certificate), resource(key), "secret");
  }

  @ParameterizedTest
  @CsvSource({
    "rsa.crt,rsa.pkcs1",
    "rsa.crt,rsa.pkcs1-aes256",
    "rsa.both,rsa.both",
    "ec.crt,ec.sec1",
    "ed25519.crt,ed25519.pkcs8",
    "pss.crt,pss.pkcs8"
  })
  void usesAllKindsOfKeysOnBothSides(String certificate, String key) throws Exception {
    Tls.Identity identity = identity(certificate, key);
    boolean ofJavaAlone = key.endsWith(".pkcs8");
    if (ofJavaAlone && provider == Tls.Provider.OPENSSL) {
      assertThatThrownBy(() -> Tls.client(identity, authority(identity), terms()))
          .hasMessageStartingWith("tls-provider openssl is not possible here: BoringSSL does not");
      return;
    }
    int port = listenWithCertificates(identity, identity);
    Tls client = Tls.client(identity, authority(identity), terms());
    SSLSession session = session(client, port, "TLSv1.3");
    assertThat(session.getLocalCertificates()).isEqualTo(session.getPeerCertificates());
  }

  /** Such keys, which OpenSSL writes with {@code -no_public}, are checked by a signature. */
  @Test
  void usesAnEllipticKeyWithoutItsPublicPoint() throws Exception {
    PemFile pem = PemFile.of(Files.readAllBytes(resource("ec.sec1")));
    ECPrivateKey whole = (ECPrivateKey) pem.privateKey("");
    byte[] bare =
        KeyFactory.getInstance("EC")
            .generatePrivate(new ECPrivateKeySpec(whole.getS(), whole.getParams()))
            .getEncoded();
    Path file = folder.resolve("bare.key");
    Files.writeString(
        file,
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(bare)
            + "\n-----END PRIVATE KEY-----\n");
    Tls.Identity identity = new Tls.Identity(resource("ec.crt"), file, "");
    Tls tls = Tls.client(identity, authority(identity), terms());
    assertThat(tls.engine("localhost", 1).getUseClientMode()).isTrue();
  }

  @Test
  void refusesAKeyOfAnotherCertificate() throws Exception {
    for (Tls.Identity wrong :
        List.of(
            identity("rsa.crt", "ec.sec1"),
            identity("ec.crt", "rsa.pkcs1"),
            identity("rsa.crt", "pss.pkcs8"),
            new Tls.Identity(ours.certificate(), stranger.key(), ""),
            new Tls.Identity(ours.certificate(), resource("ec.sec1"), ""))) {
      assertThatThrownBy(() -> client(wrong))
          .hasMessage(
              "Failed to load private key: "
                  + wrong.key()
                  + ": the key does not belong to the certificate");
    }
  }

  @Test
  void limitsTheCiphersOfTls12() throws Exception {
    Tls.Terms terms = terms(List.of(), "ECDHE-ECDSA-CHACHA20-POLY1305", List.of());
    int port = listen(terms, service(false, Tls.Sessions.DEFAULT));
    Tls any = client(ours);
    assertThat(session(any, port, "TLSv1.2").getCipherSuite()).isEqualTo(CHACHA);
    assertThat(session(any, port, "TLSv1.3").getCipherSuite()).isEqualTo("TLS_AES_256_GCM_SHA384");
    assertThatThrownBy(() -> session(any, port, "TLSv1.2", GCM)).isInstanceOf(IOException.class);
  }

  @Test
  void keepsTheCiphersOfTls12WhenThoseOfTls13AreLimited() throws Exception {
    Tls.Terms terms =
        new Tls.Terms(List.of(), "", List.of("TLS_CHACHA20_POLY1305_SHA256"), Tls.Provider.JDK);
    int port = listen(terms, service(false, Tls.Sessions.DEFAULT));
    Tls any = client(ours);
    assertThat(session(any, port, "TLSv1.3").getCipherSuite())
        .isEqualTo("TLS_CHACHA20_POLY1305_SHA256");
    assertThat(session(any, port, "TLSv1.2").getCipherSuite()).startsWith("TLS_ECDHE_ECDSA_");
  }

  @Test
  void takesJavaWhereBoringSslCannot() throws Exception {
    Tls.Identity edwards = identity("ed25519.crt", "ed25519.pkcs8");
    List<String> suites = List.of("TLS_AES_128_GCM_SHA256");
    assertThat(
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "", List.of())).provider())
        .isEqualTo(Tls.Provider.OPENSSL);
    for (Tls client :
        List.of(
            Tls.client(edwards, authority(ours), Tls.Terms.DEFAULT),
            Tls.client(ours, authority(edwards), Tls.Terms.DEFAULT),
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "DHE", List.of())),
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "HIGH:!aNULL", List.of())),
            Tls.client(ours, authority(ours), new Tls.Terms(List.of(), "", suites)))) {
      assertThat(client.provider()).isEqualTo(Tls.Provider.JDK);
    }
    Tls.Terms strict = new Tls.Terms(List.of(), "", suites, Tls.Provider.OPENSSL);
    assertThatThrownBy(() -> Tls.client(ours, authority(ours), strict))
        .hasMessage(
            "tls-provider openssl is not possible here: BoringSSL does not let the suites of"
                + " TLS 1.3 be chosen (tls-ciphersuites)");
  }

  /** Sockets are used where a thread may wait, as for what other servers say before a start. */
  @Test
  void givesSocketsTheTermsOfTheirConfiguration() throws Exception {
    int any = listen(terms(), service(false, Tls.Sessions.DEFAULT));
    int newest =
        listen(terms(List.of("TLSv1.3"), "", List.of()), service(false, Tls.Sessions.DEFAULT));
    Tls.Terms terms = terms(List.of("TLSv1.2"), "CHACHA20", List.of());
    Tls client = Tls.client(null, authority(ours), terms);
    try (SSLSocket socket = (SSLSocket) client.sockets().createSocket("127.0.0.1", any)) {
      assertThat(socket.getSession().getCipherSuite()).isEqualTo(CHACHA);
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
    }
    try (SSLSocket socket = (SSLSocket) client.sockets().createSocket("127.0.0.1", newest)) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
    }
  }

  @Test
  void refusesListsThatNameNoCipher() {
    assertThatThrownBy(() ->
            listen(terms(List.of(), "RC4-MD5", List.of()), service(false, Tls.Sessions.DEFAULT)))
        .hasMessage("Failed to configure ciphers: none is meant by RC4-MD5");
    assertThatThrownBy(() ->
            listen(terms(List.of(), "", List.of("TLS_X")), service(false, Tls.Sessions.DEFAULT)))
        .hasMessage("Failed to configure ciphersuites: none of [TLS_X]");
  }

  @Test
  void prefersTheOrderOfClientOrServer() throws Exception {
    Tls.Terms servers = terms(List.of("TLSv1.2"), "AESGCM:CHACHA20", List.of());
    Tls client = client(ours);
    int asClientsWant = listen(servers, service(false, Tls.Sessions.DEFAULT));
    int asServerWants = listen(servers, service(true, Tls.Sessions.DEFAULT));
    assertThat(session(client, asClientsWant, "TLSv1.2", CHACHA, GCM).getCipherSuite())
        .isEqualTo(CHACHA);
    assertThat(session(client, asServerWants, "TLSv1.2", CHACHA, GCM).getCipherSuite())
        .isEqualTo(GCM);
  }

  @Test
  void resumesSessionsUnlessForbidden() throws Exception {
    for (String protocol : List.of("TLSv1.2", "TLSv1.3")) {
      assertThat(resumes(protocol, Tls.Sessions.DEFAULT)).as(protocol).isTrue();
      assertThat(resumes(protocol, new Tls.Sessions(true, 1, Integer.MAX_VALUE))).isTrue();
      assertThat(resumes(protocol, new Tls.Sessions(false, 100, 300))).as(protocol).isFalse();
      assertThat(resumes(protocol, new Tls.Sessions(true, 100, 0))).as(protocol).isFalse();
    }
  }

  /** Returns true if the session of a second connection has the creation time of the first. */
  private boolean resumes(String protocol, Tls.Sessions sessions) throws Exception {
    int port = listen(terms(), service(false, sessions));
    Tls client = client(ours);
    long created = session(client, port, protocol).getCreationTime();
    while (System.currentTimeMillis() == created) {
      Thread.onSpinWait(); // otherwise a new session could have the same creation time
    }
    return session(client, port, protocol).getCreationTime() == created;
  }

  private Tls.Terms terms(List<String> protocols, String ciphers, List<String> suites) {
    return new Tls.Terms(protocols, ciphers, suites, provider);
  }

  private int listen(Tls.Terms terms, Tls.Service service) throws IOException {
    return listen(Tls.server(ours, authority(ours), terms, service));
  }

  private static Tls.Service service(boolean ownOrder, Tls.Sessions sessions) {
    return new Tls.Service(Tls.ClientCertificates.UNWANTED, ownOrder, sessions);
  }
}
