package io.redoubt.server.settings;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.http.Json;
import io.redoubt.protocol.launch.ShellOptions;
import org.junit.jupiter.api.Test;

/** Tests that the page's lines for redis-cli reach a server as intended. */
final class ShellOptionsTest {
  private static final String TLS =
      "tls-port 6390\ntls-cert-file s.crt\ntls-key-file s.key\ntls-ca-cert-file ca.crt\n";

  private static String written(String options, String announced, int plainPort) throws Exception {
    ServerDirectives settings = new ServerDirectives();
    settings.load(null, new byte[0], options);
    Json json = new Json().object();
    new ShellOptions(settings).write(json, announced, plainPort);
    return json.endObject().toString();
  }

  @Test
  void takesTheHostOfThePageWhereAnyAddressWillDo() throws Exception {
    assertThat(written("", "", 6379))
        .isEqualTo("{\"shell\":{\"hosts\":[],\"port\":6379,\"options\":[]}}");
    assertThat(written("bind 10.0.0.1 -::1\n", "", 6379))
        .isEqualTo("{\"shell\":{\"hosts\":[\"10.0.0.1\",\"::1\"],\"port\":6379,\"options\":[]}}");
    assertThat(written("bind 10.0.0.1\n", "redis.example.com", 6379))
        .contains("\"hosts\":[\"redis.example.com\"]");
  }

  @Test
  void usesTlsWhereThereIsNoOtherPort() throws Exception {
    assertThat(written(TLS, "", 6379)).contains("\"port\":6379,\"options\":[]");
    assertThat(written(TLS, "", 0))
        .contains(
            "\"port\":6390,\"options\":[\"--tls\",\"--cacert\",\"ca.crt\",\"--cert\",\"s.crt\","
                + "\"--key\",\"s.key\"]");
    assertThat(written(TLS + "tls-auth-clients no\n", "", 0))
        .contains("\"options\":[\"--tls\",\"--cacert\",\"ca.crt\"]");
    assertThat(written(TLS + "tls-client-cert-file c.crt\ntls-client-key-file c.key\n", "", 0))
        .contains("\"--cert\",\"c.crt\",\"--key\",\"c.key\"]");
  }

  @Test
  void usesAUnixSocketWhereThereIsNoPort() throws Exception {
    assertThat(written("unixsocket /run/redis.sock\n", "", 0))
        .contains("\"port\":0,\"options\":[\"-s\",\"/run/redis.sock\"]");
  }
}
