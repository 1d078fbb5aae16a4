package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Planned and unplanned switches of the master lose no acknowledged writes. */
final class SentinelSwitchIT {
  private static final Duration REST_LIMIT = Duration.ofSeconds(90);
  private static final int SWITCHES = Integer.getInteger("redoubt.switches", 2);
  private static final int WRITERS = 4;
  private static final int DOWN_AFTER_MILLIS = 2_000;

  /** Longer than a sentinel may pause without entering tilt mode ({@code tilt-trigger}). */
  private static final int PAUSE_MILLIS = 3_000;

  @TempDir private Path folder;

  private Topology start(Kind servers, Kind sentinels) throws Exception {
    return start(servers, sentinels, DOWN_AFTER_MILLIS);
  }

  private Topology start(Kind servers, Kind sentinels, int downAfterMillis) throws Exception {
    Topology group = Topologies.create(folder, servers, sentinels, downAfterMillis);
    group.start();
    return group;
  }

  @ParameterizedTest
  @CsvSource({"REDOUBT", "REAL"})
  void plannedSwitchesLoseNothing(Kind servers) throws Exception {
    try (Topology group = start(servers, Kind.REDOUBT)) {
      int master = group.awaitStable(REST_LIMIT);
      long acknowledged;
      try (FollowingWriter writer =
          FollowingWriter.start("counter", () -> FollowingWriter.namedMaster(group))) {
        for (int i = 0; i < SWITCHES; i++) {
          long before = writer.acknowledged();
          await().atMost(REST_LIMIT).until(() -> writer.acknowledged() > before);
          NodeProcess sentinel = group.sentinels().get(i % Topology.SENTINELS);
          assertThat(sentinel.ask("SENTINEL", "FAILOVER", Topology.MASTER_NAME))
              .isEqualTo(new Reply.Simple("OK"));
          int old = master;
          await().atMost(REST_LIMIT).until(() -> !group.namedMasters().contains(old));
          master = group.awaitStable(REST_LIMIT);
          assertThat(master).isNotEqualTo(old);
        }
        acknowledged = writer.stop();
      }
      assertThat(group.server(master).ask("GET", "counter").text())
          .isEqualTo(Long.toString(acknowledged));
    }
  }

  /** Replays storm seed 004, then starts writers that do not wait for the sentinels. */
  @Test
  void aMasterThatReturnsTakesNoWrites() throws Exception {
    try (Topology group = start(Kind.REDOUBT, Kind.REDOUBT)) {
      int old = group.awaitStable(REST_LIMIT);
      Path known = folder.resolve("server-" + old).resolve("sentinels-" + old + ".state");
      await().atMost(REST_LIMIT).until(() -> lines(known, "") == Topology.SENTINELS);
      NodeProcess former = group.server(old);
      former.stop();
      assertThat(former.awaitEnd(REST_LIMIT)).isTrue();
      await().atMost(REST_LIMIT).until(() -> !group.namedMasters().contains(old));

      List<FollowingWriter> writers = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        writers.add(FollowingWriter.start("lost:" + i, () -> old));
      }
      group.restart(group.servers().indexOf(former));
      int master = group.awaitStable(REST_LIMIT);
      for (FollowingWriter writer : writers) {
        writer.close();
        assertThat(writer.acknowledged()).isZero();
      }
      assertThat(master).isNotEqualTo(old);
      assertThat(group.server(master).ask("EXISTS", "lost:0").number()).isZero();
    }
  }

  private static long lines(Path file, String text) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.filter(line -> line.contains(text)).count();
    } catch (IOException e) {
      return 0;
    }
  }

  /**
   * A paused sentinel resumes and fails over as fast as before; {@code benchmark failover
   * --stop-a-sentinel} measures the same for Redis, too.
   */
  @Test
  void aPausedSentinelRecovers() throws Exception {
    try (Topology group = start(Kind.REDOUBT, Kind.REDOUBT, 1_000)) {
      int old = group.awaitStable(REST_LIMIT);
      NodeProcess paused = group.sentinels().getFirst();
      long epoch = epoch(paused);
      Path log = group.configuration(Topology.SERVERS).resolveSibling("sentinel.log");
      long blamed = lines(log, "+sdown");
      paused.signal("STOP");
      NodeProcess peer = group.sentinels().getLast();
      await().atMost(REST_LIMIT).until(() -> silentMillis(peer, paused) > PAUSE_MILLIS);
      paused.signal("CONT");
      // By then it has judged all nodes again.
      await().atMost(REST_LIMIT).until(() -> lines(log, "-tilt") > 0);
      assertThat(lines(log, "+sdown")).as("nobody was taken for down").isEqualTo(blamed);
      assertThat(epoch(paused)).isEqualTo(epoch);
      // Stops another sentinel with the master, so that the quorum needs the paused one.
      group.sentinels().getLast().kill();
      group.server(old).kill();
      long killed = System.nanoTime();
      await()
          .atMost(REST_LIMIT)
          .until(() ->
              FollowingWriter.namedMaster(group) != old
                  && masterOf(group.sentinels().get(1)) != old);
      System.out.printf(
          "SentinelSwitchIT: another master %d ms after the kill%n",
          (System.nanoTime() - killed) / 1_000_000);
    }
  }

  /** Returns the time since a sentinel's last reply from another one. */
  private static long silentMillis(NodeProcess sentinel, NodeProcess other) throws Exception {
    for (Reply peer : sentinel.ask("SENTINEL", "SENTINELS", Topology.MASTER_NAME).elements()) {
      if (field(peer, "port").number() == other.port()) {
        return field(peer, "last-ok-ping-reply").number();
      }
    }
    throw new AssertionError("unknown: " + other.port());
  }

  private static int masterOf(NodeProcess sentinel) throws Exception {
    Reply address = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", Topology.MASTER_NAME);
    return (int) address.elements().get(1).number();
  }

  private static long epoch(NodeProcess sentinel) throws Exception {
    return field(sentinel.ask("SENTINEL", "MASTER", Topology.MASTER_NAME), "config-epoch").number();
  }

  private static Reply field(Reply instance, String name) {
    List<Reply> words = List.copyOf(instance.elements());
    for (int i = 0; i + 1 < words.size(); i += 2) {
      if (words.get(i).text().equals(name)) {
        return words.get(i + 1);
      }
    }
    throw new AssertionError(instance.toString());
  }
}
