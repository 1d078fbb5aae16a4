package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shutdown of a server, the files it leaves, and their recovery by the next process. */
final class ShutdownIT {
  private static final String NEVER_BY_ITSELF = "100000 100000";

  @RegisterExtension private final Nodes nodes = new Nodes();

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalSavesIfConfigured(String signal) throws Exception {
    NodeProcess node = start(NEVER_BY_ITSELF);
    awaitPidFile(node);
    node.ask("SET", "key", "value");
    assertThat(Nodes.end(node, signal)).isZero();
    assertThat(pidFile(node)).doesNotExist();
    assertThat(log(node))
        .containsSubsequence(
            "Received SIG" + signal + " scheduling shutdown...",
            "User requested shutdown...",
            "Saving the final RDB snapshot before exiting.",
            "DB saved on disk",
            "Redis is now ready to exit, bye bye...",
            "Removing the pid file.");
    assertThat(nodes.restart(node).ask("GET", "key").text()).isEqualTo("value");
  }

  /** A shell without job control ignores SIGINT on behalf of its background processes. */
  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalThatTheShellIgnoresHasItsEffect(String signal) throws Exception {
    NodeProcess node = nodes.serverAfter("trap '' " + signal);
    assertThat(Nodes.end(node, signal)).isZero();
    assertThat(log(node)).contains("Received SIG" + signal + " scheduling shutdown...");
  }

  @Test
  void anAlarmIsLoggedAndEndsNothing() throws Exception {
    NodeProcess node = start("");
    Nodes.signal(node, "ALRM");
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() ->
            assertThat(log(node))
                .contains("Received SIGALRM")
                .anyMatch(line -> line.contains("  at ")));
    assertThat(node.ask("PING").text()).isEqualTo("PONG");
  }

  @Test
  void aSecondSignalSkipsTheSave() throws Exception {
    NodeProcess node = start(NEVER_BY_ITSELF);
    Path temporary = endWithASlowSave(node, "INT", 300_000_000);
    assertThat(Nodes.end(node, "INT")).isEqualTo(1);
    assertThat(temporary).doesNotExist();
    assertThat(rdb(node)).doesNotExist();
    assertThat(log(node)).contains("You insist... exiting now.");
  }

  /**
   * Sends a signal during a save that is delayed by the given time per key; returns the temporary
   * file once it exists.
   */
  private Path endWithASlowSave(NodeProcess node, String signal, long delayMicros)
      throws Exception {
    node.ask("SET", "key", "value");
    node.ask("CONFIG", "SET", "rdb-key-save-delay", Long.toString(delayMicros));
    Path temporary = nodes.folder(node).resolve("temp-" + node.pid() + ".rdb");
    Nodes.signal(node, signal);
    await().atMost(Distribution.LIMIT).until(() -> Files.exists(temporary));
    return temporary;
  }

  @Test
  void aSecondSignalDoesNotBeginASecondShutdown() throws Exception {
    NodeProcess node = start(NEVER_BY_ITSELF);
    Path temporary = endWithASlowSave(node, "TERM", 1_000_000);
    Nodes.signal(node, "TERM");
    assertThat(Nodes.end(node, "TERM")).isZero();
    assertThat(temporary).doesNotExist();
    assertThat(log(node))
        .containsOnlyOnce("User requested shutdown...")
        .containsOnlyOnce("DB saved on disk")
        .containsOnlyOnce("Redis is now ready to exit, bye bye...");
    assertThat(nodes.restart(node).ask("GET", "key").text()).isEqualTo("value");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT"})
  void aSignalSavesNothingByDefault(String signal) throws Exception {
    NodeProcess node = start("");
    node.ask("SET", "key", "value");
    assertThat(Nodes.end(node, signal)).isZero();
    assertThat(rdb(node)).doesNotExist();
    assertThat(nodes.restart(node).ask("DBSIZE").number()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"configured,,true", "configured,NOSAVE,false", "'',,false", "'',SAVE,true"})
  void shutdownSavesAsRequestedOrConfigured(String save, String word, boolean saved)
      throws Exception {
    NodeProcess node = start(save.isEmpty() ? "" : NEVER_BY_ITSELF);
    node.ask("SET", "key", "value");
    shutDown(node, word == null ? new String[] {"SHUTDOWN"} : new String[] {"SHUTDOWN", word});
    assertThat(Nodes.awaitStatus(node)).isZero();
    assertThat(Files.exists(rdb(node))).isEqualTo(saved);
    assertThat(nodes.restart(node).ask("EXISTS", "key").number()).isEqualTo(saved ? 1 : 0);
  }

  /** Sends SHUTDOWN, which is answered by closing the connection. */
  private static void shutDown(NodeProcess node, String... words) throws IOException {
    try (RespClient client = node.connect()) {
      client.send(words);
      assertThat(client.isAtEnd()).isTrue();
    }
  }

  @Test
  void afterAKillTheLastSnapshotIsLoaded() throws Exception {
    NodeProcess node = start(NEVER_BY_ITSELF);
    node.ask("SET", "saved", "1", "PX", "3600000");
    node.ask("SELECT", "0");
    assertThat(node.ask("SAVE")).isEqualTo(new Reply.Simple("OK"));
    String expiry = node.ask("PEXPIRETIME", "saved").text();
    node.ask("SET", "late", "2");
    node.kill();
    assertThat(pidFile(node)).exists();

    NodeProcess next = nodes.restart(node);
    assertThat(next.ask("GET", "saved").text()).isEqualTo("1");
    assertThat(next.ask("PEXPIRETIME", "saved").text()).isEqualTo(expiry);
    assertThat(next.ask("GET", "late").isNull()).isTrue();
    awaitPidFile(next);
  }

  @Test
  void refusesToStartWithADamagedSnapshot() throws Exception {
    NodeProcess node = start(NEVER_BY_ITSELF);
    node.ask("SET", "key", "value that is found by looking for it");
    assertThat(Nodes.end(node, "TERM")).isZero();
    byte[] bytes = Files.readAllBytes(rdb(node));
    bytes[bytes.length - 12] ^= 1;
    Files.write(rdb(node), bytes);
    List<String> arguments =
        List.of("--dir", nodes.folder(node).toString(), "--port", node.port() + "");
    NodeProcess next =
        nodes.launch(
            Kind.REDOUBT.server(),
            nodes.folder("damaged"),
            node.port(),
            arguments.toArray(String[]::new));
    assertThat(Nodes.awaitStatus(next)).isEqualTo(1);
    assertThat(log(next))
        .anyMatch(line -> line.contains("Wrong RDB checksum"))
        .containsSubsequence(
            "--- RDB ERROR DETECTED ---", "Terminating server after rdb file reading failure.");
    assertThat(rdb(node)).hasBinaryContent(bytes);
  }

  private NodeProcess start(String save) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("--pidfile", "redis.pid", "--save"));
    arguments.addAll(List.of(save.split(" ", -1)));
    return nodes.start(Kind.REDOUBT.server(), arguments);
  }

  /** Waits for the pid file, which may be written just after the first reply. */
  private void awaitPidFile(NodeProcess node) {
    await()
        .atMost(Distribution.LIMIT)
        .untilAsserted(() -> assertThat(pidFile(node)).hasContent(node.pid() + "\n"));
  }

  private Path pidFile(NodeProcess node) {
    return nodes.folder(node).resolve("redis.pid");
  }

  private Path rdb(NodeProcess node) {
    return nodes.folder(node).resolve("dump.rdb");
  }

  private static List<String> log(NodeProcess node) throws IOException {
    return Files.readAllLines(node.log()).stream()
        .map(line -> line.replaceFirst("^.*? [*#-] |^.*\\(\\d+\\) ", ""))
        .toList();
  }
}
