package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The data of users in the log, with and without {@code hide-user-data-from-log}. */
final class HiddenUserDataTest {
  private static final String CORRUPT = "\"\\x04\\x01\\x0b\\x00AAAAAAAA\"";

  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private RedisServer server;
  private Dialogue redis;

  @BeforeEach
  void start() throws Exception {
    Log verbose = new Log(Clock.system(), ZoneOffset.UTC, 1, log);
    verbose.setLevel(Log.Level.VERBOSE);
    server = TestServers.start(verbose, "enable-debug-command yes");
    redis = new Dialogue(server.port());
    redis.says("ACL SETUSER secretuser on nopass +@all ~*", "OK");
  }

  @AfterEach
  void stop() {
    redis.close();
    server.close();
  }

  /** Returns the line of the log with a text, once it is there. */
  private String logged(String text) {
    await().until(() -> log().contains(text));
    return log().lines().filter(line -> line.contains(text)).toList().getLast();
  }

  private String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({"default, true", "yes, true", "no, false"})
  void hidesKeysArgumentsAndNames(String setting, boolean hidden) throws IOException {
    if (!setting.equals("default")) {
      redis.says("CONFIG SET hide-user-data-from-log " + setting, "OK");
    }
    redis.says("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1", "OK");
    assertThat(redis.ask("RESTORE secretkey 0 " + CORRUPT)).contains("Bad data format");
    try (Dialogue client = new Dialogue(server.port())) {
      client.says("AUTH secretuser x", "OK");
      client.says("CLIENT SETNAME secretname", "OK");
      client.says("REPLICAOF 127.0.0.1 1", "OK");
      client.says("REPLICAOF NO ONE", "OK");
      assertThat(redis.text("CLIENT LIST USER secretuser")).contains("name=secretname");
      client.client().sendRaw("*2\r\n$3\r\nGET\r\n$x\r\nsecretvalue\r\n");
      assertThat(client.client().receive().isError()).isTrue();
    }
    String violation = logged("Protocol error");
    String request = logged("REPLICAOF 127.0.0.1:1 enabled (user request from 'id=");
    String corrupt = logged("RESTORE of key");
    if (hidden) {
      assertThat(log()).doesNotContain("secret");
      assertThat(violation)
          .contains(" name=*redacted* ", " user=*redacted* ")
          .endsWith("Query buffer during protocol error: *redacted*");
      assertThat(request).contains(" name=*redacted* ", " user=*redacted* ", " cmd=replicaof ");
      assertThat(corrupt).contains("RESTORE of key *redacted*: at byte ");
    } else {
      assertThat(violation).contains("name=secretname", "user=secretuser", "secretvalue");
      assertThat(request).contains("name=secretname", "user=secretuser");
      assertThat(corrupt).contains("RESTORE of key \"secretkey\": at byte ");
    }
  }
}
