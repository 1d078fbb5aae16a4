package io.redoubt.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.net.FreePorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks that a restarted master asks the sentinels, here fake ones, before it accepts writes. */
final class RejoinGuardTest {
  private static final String READONLY =
      "(error) READONLY You can't write against a read only replica.";
  private static final String ID = "0123456789012345678901234567890123456789";

  @TempDir private Path folder;
  private @Nullable RedisServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  /** Answers SENTINEL MASTERS with one master, and SENTINEL REPLICAS with one replica. */
  private static final class FakeSentinel implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    private volatile int master;
    private volatile int replica;
    private volatile String flags = "master";
    private final AtomicInteger asked = new AtomicInteger();

    /** The lines of the expected first AUTH request; empty for none. */
    private volatile List<String> password = List.of();

    FakeSentinel() throws IOException {
      Thread.ofVirtual().start(this::serve);
    }

    int port() {
      return socket.getLocalPort();
    }

    private void serve() {
      while (!socket.isClosed()) {
        try (Socket client = socket.accept()) {
          BufferedReader in =
              new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8));
          List<String> lines = new ArrayList<>();
          for (String line = in.readLine(); line != null; line = in.readLine()) {
            lines.add(line);
            if (line.equals("SENTINEL") && !lines.containsAll(password)) {
              client.getOutputStream().write("-NOAUTH\r\n".getBytes(UTF_8));
              break;
            } else if (lines.size() == 5 && line.equals("secret")) {
              client.getOutputStream().write("+OK\r\n".getBytes(UTF_8));
            } else if (line.equals("MASTERS")) {
              asked.incrementAndGet();
              write(client, "name", "m", "ip", "127.0.0.1", "port", "" + master, "flags", flags);
            } else if (line.equals("REPLICAS")) {
              write(client, "name", "r", "ip", "127.0.0.1", "port", "" + replica);
            }
          }
        } catch (IOException e) {
          // The client has disconnected, or the test is over.
        }
      }
    }

    private static void write(Socket client, String... words) throws IOException {
      StringBuilder reply = new StringBuilder("*1\r\n*" + words.length + "\r\n");
      for (String word : words) {
        reply.append("$%d\r\n%s\r\n".formatted(word.length(), word));
      }
      client.getOutputStream().write(reply.toString().getBytes(UTF_8));
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private void start(String... lines) throws Exception {
    String all = String.join("\n", lines);
    server = TestServers.start("dir " + folder, all);
  }

  private int port() {
    return Objects.requireNonNull(server).port();
  }

  private String ask(String... words) {
    try (Dialogue dialogue = new Dialogue(port())) {
      return dialogue.ask(String.join(" ", words));
    }
  }

  @Test
  void staysMasterIfTheSentinelsConfirmIt() throws Exception {
    try (FakeSentinel sentinel = new FakeSentinel()) {
      sentinel.flags = "s_down,master";
      start("rejoin-sentinels 127.0.0.1:" + sentinel.port(), "rejoin-timeout 60000");
      sentinel.master = port();
      assertThat(ask("SET", "a", "1")).isEqualTo(READONLY);
      assertThat(ask("GET", "a")).isEqualTo("(nil)");
      int before = sentinel.asked.get();
      await().until(() -> sentinel.asked.get() > before + 1);
      assertThat(ask("SET", "a", "1")).as("still down for them").isEqualTo(READONLY);
      sentinel.flags = "master";
      await().until(() -> ask("SET", "a", "1").equals("OK"));
    }
  }

  @Test
  void followsTheNewMaster() throws Exception {
    try (FakeSentinel sentinel = new FakeSentinel()) {
      sentinel.master = FreePorts.one();
      start("rejoin-sentinels 127.0.0.1:" + sentinel.port(), "rejoin-timeout 60000");
      sentinel.replica = port();
      await().until(() -> ask("ROLE").contains("\"slave\""));
      assertThat(ask("ROLE")).contains("" + sentinel.master);
      assertThat(ask("SET", "a", "1")).isEqualTo(READONLY);
    }
  }

  @Test
  void givesASentinelItsPassword() throws Exception {
    try (FakeSentinel sentinel = new FakeSentinel()) {
      sentinel.password = List.of("AUTH", "secret");
      start(
          "rejoin-sentinels 127.0.0.1:" + sentinel.port(),
          "rejoin-timeout 60000",
          "rejoin-auth-pass secret");
      sentinel.master = port();
      await().until(() -> ask("SET", "a", "1").equals("OK"));
    }
  }

  @Test
  void staysMasterWithoutAnswersOrAfterReplicaof() throws Exception {
    start("rejoin-sentinels 127.0.0.1:" + FreePorts.one(), "rejoin-timeout 300");
    await().until(() -> ask("SET", "a", "1").equals("OK"));
    stop();
    start("rejoin-sentinels 127.0.0.1:" + FreePorts.one(), "rejoin-timeout 600000");
    assertThat(ask("SET", "a", "1")).isEqualTo(READONLY);
    assertThat(ask("REPLICAOF", "NO", "ONE")).isEqualTo("OK");
    assertThat(ask("SET", "a", "1")).isEqualTo("OK");
  }

  @Test
  void remembersSentinelsByTheirHellos() throws Exception {
    start("rejoin-timeout 600000");
    assertThat(ask("SET", "a", "1")).as("nobody watches it yet").isEqualTo("OK");
    int port = port();
    String forger = "9" + ID.substring(1);
    ask("ACL", "SETUSER", "chatter", "on", ">pw", "allchannels", "+publish");
    try (Dialogue other = new Dialogue(port)) {
      other.says("AUTH chatter pw", "OK");
      other.says(
          "PUBLISH __sentinel__:hello 192.0.2.1,26379," + forger + ",0,m,127.0.0.1,6379,0",
          "(integer) 0");
    }
    ask("PUBLISH", "__sentinel__:hello", "127.0.0.1,26379," + ID + ",0,m,127.0.0.1,6379,0");
    ask("PUBLISH", "__sentinel__:hello", "nonsense");
    Path file = folder.resolve("sentinels-" + port + ".state");
    await().until(() -> Files.exists(file));
    assertThat(Files.readAllLines(file)).containsExactly(ID + " 127.0.0.1 26379");
  }

  @Test
  void remembersASentinelThatCouldNotBeSavedAtItsNextHello() throws Exception {
    start("rejoin-timeout 600000");
    Path file = folder.resolve("sentinels-" + port() + ".state");
    Path obstacle = Files.createDirectories(file.resolve("obstacle"));
    String hello = "127.0.0.1,26379," + ID + ",0,m,127.0.0.1,6379,0";
    ask("PUBLISH", "__sentinel__:hello", hello);
    await()
        .pollDelay(Duration.ofMillis(1100))
        .until(() -> {
          ask("PUBLISH", "__sentinel__:hello", hello);
          return Files.isDirectory(file);
        });
    Files.delete(obstacle);
    Files.delete(file);
    await()
        .until(() -> {
          ask("PUBLISH", "__sentinel__:hello", hello);
          return Files.isRegularFile(file);
        });
    assertThat(Files.readAllLines(file)).containsExactly(ID + " 127.0.0.1 26379");
  }
}
