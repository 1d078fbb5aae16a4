package io.redoubt.server.command.admin;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ServerTest({"acllog-max-len 0", "enable-debug-command yes"})
final class MonitorCommandTest {
  private static final String LAST = "the last one";

  private final RedisServer server;
  private final Dialogue redis;
  private final Dialogue other;
  private RespClient monitor;

  MonitorCommandTest(RedisServer server, Dialogue redis, Dialogue other) {
    this.server = server;
    this.redis = redis;
    this.other = other;
  }

  @BeforeEach
  void monitor() throws IOException {
    monitor = RespClient.connect("127.0.0.1", server.port());
    assertThat(monitor.call("MONITOR").text()).isEqualTo("OK");
  }

  @AfterEach
  void leave() throws IOException {
    monitor.close();
  }

  /** Returns the lines so far, without times and with a placeholder for client addresses. */
  private List<String> shown() throws IOException {
    other.says("ECHO \"" + LAST + "\"", "\"" + LAST + "\"");
    List<String> lines = new ArrayList<>();
    while (true) {
      String line = monitor.receive().text();
      assertThat(line).matches("[0-9]{10,}\\.[0-9]{6} \\[[0-9]+ [^]]+\\] (?s).*");
      if (line.contains(LAST)) {
        return lines;
      }
      String known = "127.0.0.1:" + redis.client().localPort();
      lines.add(line.substring(line.indexOf(' ') + 1).replace(known, "redis"));
    }
  }

  @Test
  void showsAnotherExecutionOfTheSameRequestOnce() throws IOException {
    redis.says("DEBUG POPULATE 100000", "OK");
    shown();
    redis.says("FLUSHALL", "OK"); // waits until all is freed, and is executed again
    assertThat(shown()).containsExactly("[0 redis] \"FLUSHALL\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void showsCommandsAsLines(String protocol) throws IOException {
    monitor.call("RESET");
    monitor.call("HELLO", protocol);
    monitor.call("MONITOR");
    redis.says("SET key value", "OK");
    redis.says("SELECT 3", "OK");
    redis.says("get nothing", "(nil)");
    redis.ask("NOSUCH command");
    redis.ask("GET");
    redis.ask("CONFIG GET port");
    redis.ask("SLOWLOG LEN");
    redis.ask("CLIENT LIST ID 1");
    redis.ask("LPUSH key element");
    assertThat(shown())
        .containsExactly(
            "[0 redis] \"SET\" \"key\" \"value\"",
            "[3 redis] \"SELECT\" \"3\"",
            "[3 redis] \"get\" \"nothing\"",
            "[3 redis] \"LPUSH\" \"key\" \"element\"");
  }

  @Test
  void escapesAsRedis() throws IOException {
    byte[] all = new byte[256];
    StringBuilder expected = new StringBuilder("[0 redis] \"ECHO\" \"");
    for (int b = 0; b < 256; b++) {
      all[b] = (byte) b;
      switch (b) {
        case 7 -> expected.append("\\a");
        case '\b' -> expected.append("\\b");
        case '\t' -> expected.append("\\t");
        case '\n' -> expected.append("\\n");
        case '\r' -> expected.append("\\r");
        case '"' -> expected.append("\\\"");
        case '\\' -> expected.append("\\\\");
        default -> expected.append(b < 32 || b > 126 ? String.format("\\x%02x", b) : "" + (char) b);
      }
    }
    redis.client().call("ECHO".getBytes(ISO_8859_1), all);
    assertThat(shown()).containsExactly(expected.append('"').toString());
  }

  @Test
  void showsScriptsBeforeTheirCommandsAndTransactionsBeforeExec() throws IOException {
    redis.ask("EVAL \"redis.call('select', 2) return redis.call('get', KEYS[1])\" 1 key");
    redis.says("MULTI", "OK");
    redis.says("INCR key", "QUEUED");
    redis.ask("EXEC");
    redis.says("MULTI", "OK");
    redis.ask("NOSUCH");
    redis.ask("EXEC");
    redis.ask("EXEC");
    assertThat(shown())
        .containsExactly(
            "[0 redis] \"EVAL\" \"redis.call('select', 2) return redis.call('get', KEYS[1])\""
                + " \"1\" \"key\"",
            "[2 lua] \"select\" \"2\"",
            "[2 lua] \"get\" \"key\"",
            "[0 redis] \"MULTI\"",
            "[0 redis] \"INCR\" \"key\"",
            "[0 redis] \"EXEC\"",
            "[0 redis] \"MULTI\"",
            "[0 redis] \"EXEC\"",
            "[0 redis] \"EXEC\"");
  }

  @Test
  void showsABlockedCommandOnceAsItWasSent() throws IOException {
    try (RespClient blocked = RespClient.connect("127.0.0.1", server.port())) {
      blocked.send("XREAD", "BLOCK", "0", "STREAMS", "stream", "$");
      await().until(() -> redis.text("INFO clients").contains("blocked_clients:1\r"));
      redis.ask("XADD stream 1-1 field value");
      blocked.receive();
    }
    assertThat(shown())
        .filteredOn(line -> line.contains("XREAD"))
        .hasSize(1)
        .allMatch(line -> line.endsWith("\"XREAD\" \"BLOCK\" \"0\" \"STREAMS\" \"stream\" \"$\""));
  }

  @Test
  void masksSecretsAndHidesDeniedCommands() throws IOException {
    redis.ask("ACL SETUSER u on >secret -@all +get ~*");
    redis.ask("AUTH wrong secret");
    redis.ask("HELLO 2 AUTH u secret");
    redis.ask("SET key value");
    redis.ask("GET key");
    redis.client().call("RESET");
    other.ask("ACL DELUSER u");
    assertThat(shown())
        .containsExactly(
            "[0 redis] \"AUTH\" \"(redacted)\" \"(redacted)\"",
            "[0 redis] \"HELLO\" \"2\" \"AUTH\" \"(redacted)\" \"(redacted)\"",
            "[0 redis] \"GET\" \"key\"",
            "[0 redis] \"RESET\"");
  }

  @Test
  void endsWithReset() throws IOException {
    assertThat(redis.text("CLIENT LIST TYPE normal")).contains(" flags=O ");
    redis.says("CLIENT LIST TYPE replica", "\"\"");
    assertThat(monitor.call("RESET").text()).isEqualTo("RESET");
    redis.says("PING", "PONG");
    assertThat(monitor.call("ECHO", "only this").text()).isEqualTo("only this");
    assertThat(redis.text("CLIENT LIST")).doesNotContain(" flags=O ");
  }

  @Test
  void aMonitorMayNotUseKeysNorMonitorTwice() throws IOException {
    assertThat(monitor.call("GET", "key").text())
        .isEqualTo("ERR Replica can't interact with the keyspace");
    monitor.send("MONITOR"); // has no reply
    monitor.send("PSYNC", "?", "-1"); // neither
    assertThat(monitor.call("PING").text()).isEqualTo("PONG");
    assertThat(monitor.receive().text()).endsWith("] \"PING\"");
    redis.says("MULTI", "OK");
    redis.says("MONITOR", "QUEUED");
    redis.says("EXEC", "1) (error) ERR MONITOR isn't allowed for DENY BLOCKING client");
    assertThat(redis.ask("EVAL \"return redis.call('monitor')\" 0"))
        .startsWith("(error) ERR This Redis command is not allowed from script");
  }

  @Test
  void replyOffSilencesAMonitor() throws IOException {
    monitor.send("CLIENT", "REPLY", "OFF");
    await()
        .untilAsserted(() ->
            assertThat(redis.text("CLIENT LIST")).containsPattern("flags=O .*cmd=client\\|reply"));
    redis.says("PING unseen", "\"unseen\"");
    assertThat(monitor.call("CLIENT", "REPLY", "ON").text()).isEqualTo("OK");
    assertThat(monitor.receive().text()).endsWith("\"CLIENT\" \"REPLY\" \"ON\"");
  }

  @Test
  void aMonitorThatDoesNotReadIsCutAtItsLimit() throws IOException {
    redis.says("CONFIG SET client-output-buffer-limit \"normal 1mb 0 0\"", "OK");
    long before = redis.usedMemory();
    String large = "ECHO " + "x".repeat(100_000);
    long most = 0;
    int sent = 0;
    while (redis.text("CLIENT LIST").contains(" flags=O ")) {
      redis.ask(large);
      most = Math.max(most, redis.usedMemory() - before);
      assertThat(++sent).as("commands until the monitor is cut").isLessThan(1000);
    }
    assertThat(most).isLessThan(4 << 20);
    assertThat(redis.text("INFO stats")).contains("client_output_buffer_limit_disconnections:1\r");
    redis.says("CONFIG SET client-output-buffer-limit \"normal 0 0 0\"", "OK");
  }
}
