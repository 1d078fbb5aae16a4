package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.SelfSigned;
import io.redoubt.protocol.net.Tls;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients that are logged in as the user that their certificate names. */
final class CertificateLoginTest {
  private static final int TIMEOUT_MILLIS = 10_000;

  /** Each provider with each version of TLS. */
  @Retention(RetentionPolicy.RUNTIME)
  @ParameterizedTest
  @CsvSource({"openssl, TLSv1.3", "openssl, TLSv1.2", "jdk, TLSv1.3", "jdk, TLSv1.2"})
  private @interface WithEachProvider {}

  @TempDir private static Path folder;
  private static Tls.Identity own;
  private static Tls.Identity alice;
  private static Tls.Identity odd;
  private static Path authorities;
  private final int port = FreePorts.one();
  private RedisServer server;
  private Dialogue redis;
  private String protocol;

  @BeforeAll
  static void makeCertificates() throws Exception {
    own = SelfSigned.make(folder, "server");
    alice =
        SelfSigned.make(
            folder,
            "alice",
            "O=x,CN=bob,CN=alice,OU=ops", // keytool encodes the last part first
            "uri:urn:user:none,dns:localhost,uri:urn:user:off,uri:urn:user:one,uri:urn:user:two");
    odd = SelfSigned.make(folder, "odd", "CN=\"ö, b + c = \\\"d\\\"\"", "dns:localhost");
    authorities = folder.resolve("authorities.crt");
    StringBuilder pem = new StringBuilder();
    for (Tls.Identity each : List.of(own, alice, odd)) {
      pem.append(Files.readString(each.certificate()));
    }
    Files.writeString(authorities, pem);
  }

  private void start(String provider, String version) throws Exception {
    protocol = version;
    server =
        TestServers.start(
            "tls-port " + port,
            "tls-provider " + provider,
            "tls-auth-clients optional",
            "tls-auth-clients-user CN",
            "tls-cert-file " + own.certificate(),
            "tls-key-file " + own.key(),
            "tls-ca-cert-file " + authorities);
    redis = new Dialogue(server.port());
    redis.says("ACL SETUSER alice on +@all ~*", "OK");
    redis.says("ACL SETUSER urn:user:off +@all ~*", "OK");
    redis.says("ACL SETUSER urn:user:one on +@all ~*", "OK");
    redis.says("ACL SETUSER urn:user:two on +@all ~*", "OK");
    redis.says("ACL SETUSER other on >secret +@all ~*", "OK");
  }

  @AfterEach
  void stop() {
    redis.close();
    server.close();
  }

  private Tls tls(Tls.@Nullable Identity identity) throws IOException {
    return Tls.client(
        identity,
        new Tls.Authorities(authorities, null),
        new Tls.Terms(List.of(protocol), "", List.of()));
  }

  private RespClient connect(Tls tls) throws IOException {
    return RespClient.connect("127.0.0.1", port, TIMEOUT_MILLIS, tls.sockets());
  }

  private String user(Tls.@Nullable Identity identity) throws IOException {
    try (RespClient client = connect(tls(identity))) {
      return client.call("ACL", "WHOAMI").text();
    }
  }

  @WithEachProvider
  void logsInByTheFirstCommonName(String provider, String version) throws Exception {
    start(provider, version);
    redis.says("CONFIG SET requirepass hidden", "OK");
    redis.says("CONFIG GET tls-auth-clients-user", "1) \"tls-auth-clients-user\"\n2) \"CN\"");
    try (RespClient client = connect(tls(alice))) {
      assertThat(client.call("SET", "k", "v").text()).isEqualTo("OK");
      assertThat(client.call("CLIENT", "INFO").text()).contains(" user=alice ");
      assertThat(redis.text("CLIENT LIST USER alice")).contains(" user=alice ");
      assertThat(client.call("AUTH", "other", "secret").text()).isEqualTo("OK");
      assertThat(client.call("ACL", "WHOAMI").text()).isEqualTo("other");
      assertThat(client.call("RESET").text()).isEqualTo("RESET");
      assertThat(client.call("GET", "k").text()).startsWith("NOAUTH");
      client.call("HELLO", "3", "AUTH", "other", "secret");
      assertThat(client.call("ACL", "WHOAMI").text()).isEqualTo("other");
    }
    try (RespClient client = connect(tls(null))) {
      assertThat(client.call("GET", "k").text()).startsWith("NOAUTH");
    }
    assertThat(redis.ask("ACL LOG")).isEqualTo("(empty array)");
  }

  /** A returning client resumes a session, for which no certificate is sent. */
  @WithEachProvider
  void logsInAReturningClient(String provider, String version) throws Exception {
    start(provider, version);
    Tls tls = tls(alice);
    for (int i = 0; i < 3; i++) {
      try (RespClient client = connect(tls)) {
        assertThat(client.call("ACL", "WHOAMI").text()).isEqualTo("alice");
      }
    }
  }

  @WithEachProvider
  void logsInByTheFirstUriOfAnEnabledUser(String provider, String version) throws Exception {
    start(provider, version);
    redis.says("CONFIG SET tls-auth-clients-user uri", "OK");
    assertThat(user(alice)).isEqualTo("urn:user:one");
    redis.says("ACL SETUSER urn:user:one off", "OK");
    assertThat(user(alice)).isEqualTo("urn:user:two");
    assertThat(user(odd)).as("no URI").isEqualTo("default");
    assertThat(redis.ask("ACL LOG")).isEqualTo("(empty array)");
    redis.says("ACL DELUSER urn:user:two", "(integer) 1");
    assertThat(user(alice)).isEqualTo("default");
    assertThat(redis.ask("ACL LOG")).contains("\"tls-cert\"", "urn:user:none urn:user:off");
  }

  @WithEachProvider
  void remainsTheDefaultUserWithoutAUserOfThatName(String provider, String version)
      throws Exception {
    start(provider, version);
    assertThat(user(odd)).isEqualTo("default");
    redis.says("ACL SETUSER alice off", "OK");
    assertThat(user(alice)).isEqualTo("default");
    assertThat(user(alice)).isEqualTo("default");
    assertThat(redis.ask("ACL LOG"))
        .contains("\"tls-cert\"", "\"toplevel\"", "\"alice\"", "(integer) 2", "addr=127.0.0.1:");
    assertThat(redis.text("INFO stats")).contains("acl_access_denied_tls_cert:3\r");
    redis.says("CONFIG SET tls-auth-clients-user off", "OK");
    redis.says("ACL SETUSER alice on", "OK");
    assertThat(user(alice)).isEqualTo("default");
  }

  @Test
  void refusesAnotherField() throws Exception {
    start("jdk", "TLSv1.3");
    assertThat(redis.ask("CONFIG SET tls-auth-clients-user DN"))
        .contains("argument(s) must be one of the following: off, CN, URI");
  }
}
