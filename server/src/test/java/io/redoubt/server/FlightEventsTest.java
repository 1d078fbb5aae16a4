package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The events for JDK Flight Recorder. */
class FlightEventsTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path directory;

  /** A program that does what the events are about, or starts a recording before that. */
  static final class Program {
    private Program() {}

    @SuppressWarnings("resource")
    public static void main(String[] words) throws Exception {
      Path at = Path.of(words[0]);
      if (words.length > 1) {
        Recording recording = new Recording();
        recording.start();
        work(at);
        recording.dump(at.resolve("events.jfr"));
        recording.close();
      } else {
        work(at);
      }
    }

    private static void work(Path at) throws Exception {
      try (RedisServer server =
              TestServers.start(
                  "dir " + at,
                  "appendonly yes",
                  "appendfsync always",
                  "slowlog-log-slower-than 0",
                  "maxmemory-policy allkeys-random",
                  "repl-diskless-sync-delay 0");
          RespClient client = RespClient.connect("127.0.0.1", server.port())) {
        Path its = Files.createDirectory(at.resolve("replica"));
        try (RedisServer replica =
                TestServers.start("dir " + its, "replicaof 127.0.0.1 " + server.port());
            RespClient other = RespClient.connect("127.0.0.1", replica.port())) {
          await()
              .atMost(LIMIT)
              .until(() -> other.call("INFO", "replication").text().contains("link_status:up"));
        }
        for (int i = 0; i < 2000; i++) {
          Reply unused = client.call("SELECT", "" + i % 2);
          unused = client.call("SET", "key" + i, "value".repeat(100));
        }
        Reply unused = client.call("BGSAVE");
        await()
            .atMost(LIMIT)
            .until(
                () -> client.call("INFO", "persistence").text().contains("bgsave_in_progress:0"));
        long used = usedMemory(client);
        unused = client.call("CONFIG", "SET", "maxmemory", "" + (used - 500_000));
        await()
            .atMost(LIMIT)
            .until(() -> {
              Reply ping = client.call("SET", "more", "1");
              return client.call("DBSIZE").number() < 1000 && ping != null;
            });
      }
    }

    private static long usedMemory(RespClient client) throws Exception {
      for (String line : client.call("INFO", "memory").text().split("\r\n", -1)) {
        if (line.startsWith("used_memory:")) {
          return Long.parseLong(line.substring("used_memory:".length()));
        }
      }
      throw new AssertionError();
    }
  }

  /** Runs the program in a JVM of its own; returns the names of the classes that it loaded. */
  private List<String> run(String... more) throws Exception {
    Path classes = directory.resolve("classes");
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
                "-Xlog:class+load:file=" + classes,
                "-Dredoubt.fork=" + System.getProperty("redoubt.fork", "1"),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                Files.createDirectory(directory.resolve("data")).toString()));
    words.addAll(List.of(more));
    File output = directory.resolve("output").toFile();
    Process process =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output).start();
    try {
      assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.exitValue()).as(Files.readString(output.toPath())).isZero();
    return Files.readAllLines(classes);
  }

  @Test
  void loadsNoEventWithoutARecording() throws Exception {
    List<String> loaded = run();
    assertThat(loaded)
        .anyMatch(line -> line.contains(" io.redoubt.protocol.flight.FlightRecording "));
    assertThat(loaded)
        .noneMatch(
            line -> line.contains(" io.redoubt.protocol.flight.") && line.contains("Event "));
    assertThat(loaded).noneMatch(line -> line.contains(" jdk.jfr.internal.PlatformRecorder "));
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals("redoubt." + name))
        .toList();
  }

  @Test
  void recordsAllKindsOfEvents() throws Exception {
    List<String> unused = run("record");
    List<RecordedEvent> events = RecordingFile.readAllEvents(directory.resolve("data/events.jfr"));
    List<RecordedEvent> commands = named(events, "SlowCommand");
    RecordedEvent set =
        commands.stream()
            .filter(each -> each.getString("command").equals("set") && each.getInt("database") == 1)
            .findFirst()
            .orElseThrow();
    assertThat(set.getDuration("executionTime").toNanos()).isPositive();
    assertThat(set.getInt("arguments")).isEqualTo(3);
    assertThat(set.getLong("clientId")).isPositive();
    assertThat(set.getBoolean("inScript")).isFalse();
    assertThat(commands).anyMatch(each -> each.getString("command").equals("config|set"));
    List<RecordedEvent> snapshots = named(events, "Snapshot");
    assertThat(snapshots)
        .anyMatch(each ->
            each.getString("purpose").equals("save")
                && each.getLong("keys") == 2000
                && each.getString("failure").isEmpty()
                && !each.getDuration().isZero());
    assertThat(snapshots).anyMatch(each -> each.getString("purpose").equals("sync"));
    List<RecordedEvent> syncs = named(events, "FullSync");
    for (String side : List.of("master", "replica")) {
      assertThat(syncs)
          .anyMatch(each ->
              each.getString("side").equals(side)
                  && each.getString("peer").startsWith("127.0.0.1:")
                  && each.getBoolean("success"));
    }
    List<RecordedEvent> fsyncs = named(events, "FsyncWait");
    assertThat(fsyncs)
        .anyMatch(each -> each.getBoolean("success") && each.getLong("offset") > 1000);
    List<RecordedEvent> evictions = named(events, "EvictionBurst");
    assertThat(evictions)
        .anyMatch(each ->
            each.getLong("keys") >= 16 && each.getLong("freed") > 0 && each.getLong("excess") > 0);
  }
}
