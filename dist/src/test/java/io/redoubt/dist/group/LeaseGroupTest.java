package io.redoubt.dist.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.net.NameLookup;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Environment;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import io.redoubt.sentinel.SentinelHost;
import io.redoubt.sentinel.SentinelServer;
import io.redoubt.sentinel.runtime.SentinelDirectives;
import io.redoubt.server.RedisServer;
import io.redoubt.server.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Servers with {@code sentinel-lease yes} and their sentinels. */
@Execution(ExecutionMode.CONCURRENT)
final class LeaseGroupTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int DOWN_AFTER_MILLIS = 2000;

  @TempDir private Path folder;
  private final List<RedisServer> servers = new ArrayList<>();
  private final List<SentinelServer> sentinels = new ArrayList<>();
  private final Set<SentinelServer> running = new HashSet<>();
  private final List<Integer> ports = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    for (int i = 0; i < 2; i++) {
      List<String> lines = new ArrayList<>(List.of("sentinel-lease yes"));
      if (i > 0) {
        lines.add("replicaof 127.0.0.1 " + servers.getFirst().port());
      }
      servers.add(TestServers.start(lines.toArray(String[]::new)));
    }
    ports.addAll(FreePorts.several(3));
    for (int i = 0; i < ports.size(); i++) {
      Files.writeString(
          file(i),
          """
          port %d
          bind 127.0.0.1
          dir "%s"
          sentinel monitor m 127.0.0.1 %d 2
          sentinel down-after-milliseconds m %d
          sentinel failover-timeout m 10000
          """
              .formatted(ports.get(i), folder, servers.getFirst().port(), DOWN_AFTER_MILLIS));
      sentinels.add(startSentinel(i, () -> {}));
    }
    await().atMost(LIMIT).until(() -> state(0).equals("held") && state(1).equals("ready"));
  }

  private Path file(int sentinel) {
    return folder.resolve("sentinel-" + sentinel + ".conf");
  }

  private SentinelServer startSentinel(int i, Runnable stopped) throws Exception {
    SentinelDirectives directives = new SentinelDirectives();
    directives.load(file(i), new byte[0], "");
    Clock clock = Clock.system();
    SentinelServer sentinel =
        SentinelServer.start(
            directives,
            SentinelHost.ofProcess(
                new Environment(clock, Log.silent(clock), Seed.ofProcess()), NameLookup.ofSystem()),
            stopped);
    running.add(sentinel);
    return sentinel;
  }

  /** Ends a sentinel without notice to its nodes, as a crash would. */
  private void crash(int i) {
    sentinels.get(i).close();
    running.remove(sentinels.get(i));
  }

  @AfterEach
  void stop() {
    running.forEach(SentinelServer::close);
    servers.forEach(RedisServer::close);
  }

  private Reply ask(int server, String... words) throws IOException {
    try (RespClient client = RespClient.connect("127.0.0.1", servers.get(server).port())) {
      return client.call(words);
    }
  }

  private String state(int server) {
    try {
      return ask(server, "INFO", "replication")
          .text()
          .replaceAll("(?s).*sentinel_lease:(\\w+).*", "$1");
    } catch (IOException e) {
      return "";
    }
  }

  private boolean isWritable(int server) {
    Reply reply;
    try {
      reply = ask(server, "SET", "a", "1");
    } catch (IOException e) {
      return false; // a sentinel that changes a role closes the connections
    }
    assertThat(reply.isError() ? reply.text() : "READONLY").startsWith("READONLY");
    return !reply.isError();
  }

  private void assertWritableFor(int millis) throws Exception {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() < end) {
      assertThat(isWritable(0)).isTrue();
      Thread.sleep(10); // leases expire by the clock and no event announces it
    }
  }

  @Test
  void stopsWritesWithoutAMajorityAndResumes() throws Exception {
    assertThat(isWritable(0)).isTrue();
    crash(2);
    assertWritableFor(DOWN_AFTER_MILLIS * 2);
    crash(1);
    await().atMost(LIMIT).until(() -> !isWritable(0));
    assertThat(state(0)).isEqualTo("expired");
    sentinels.set(1, startSentinel(1, () -> {}));
    await().atMost(LIMIT).until(() -> isWritable(0));
  }

  @Test
  void sentinelsThatLeaveInOrderStopNoWrites() throws Exception {
    CountDownLatch ended = new CountDownLatch(3);
    for (int i = 0; i < 3; i++) {
      crash(i);
      sentinels.set(i, startSentinel(i, ended::countDown));
    }
    await().atMost(LIMIT).until(() -> state(0).equals("held"));
    for (SentinelServer each : sentinels) {
      each.stop();
    }
    assertThat(ended.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    await().atMost(LIMIT).until(() -> state(0).equals("none"));
    assertWritableFor(DOWN_AFTER_MILLIS * 2);
  }

  @Test
  void aPlannedSwitchMovesTheLease() throws Exception {
    try (RespClient sentinel = RespClient.connect("127.0.0.1", ports.getFirst())) {
      await().atMost(LIMIT).until(() -> !sentinel.call("SENTINEL", "FAILOVER", "m").isError());
    }
    long begun = System.nanoTime();
    await().atMost(LIMIT).until(() -> isWritable(1));
    System.out.printf(
        "LeaseGroupTest: writable %d ms after the order%n",
        (System.nanoTime() - begun) / 1_000_000);
    await().atMost(LIMIT).until(() -> state(1).equals("held"));
    assertThat(isWritable(0)).isFalse();
  }

  @Test
  void anUnplannedSwitchMovesTheLease() throws Exception {
    servers.removeFirst().close();
    await().atMost(LIMIT).until(() -> isWritable(0));
    assertThat(state(0)).isEqualTo("held");
  }
}
