package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.resp.RespClient;
import io.redoubt.server.memory.Region;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class EmbeddedGroupTest {
  @Test
  void startsWithReplicasInStepAndSentinelsThatKnowAll() {
    try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start()) {
      GroupMember master = group.master();
      assertThat(master).isEqualTo(group.servers().getFirst());
      assertThat(group.replicas()).hasSize(2).doesNotContain(master);
      assertThat(group.info("replication")).contains("role:master", "connected_slaves:2");
      assertThat(master.execute("SET", "a", "1").text()).isEqualTo("OK");
      group.awaitInStep();
      assertThat(group.replicas())
          .allSatisfy(replica -> assertThat(replica.execute("GET", "a").text()).isEqualTo("1"));
      assertThat(group.uri().toString())
          .matches("redis-sentinel://127\\.0\\.0\\.1:\\d+(,127\\.0\\.0\\.1:\\d+){2}/0#mymaster");
      assertThat(group.address()).isEqualTo(master.address());
    }
  }

  @Test
  void replacesAKilledMasterThatReturnsAsReplica() {
    try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start()) {
      GroupMember old = group.master();
      old.execute("SET", "a", "1");
      group.awaitInStep();
      old.kill();
      assertThat(old.isRunning()).isFalse();
      assertThatThrownBy(() -> old.execute("PING")).isInstanceOf(IllegalStateException.class);
      GroupMember next = group.awaitNewMaster(old);
      assertThat(next.execute("INCR", "a").number()).isEqualTo(2);
      old.start();
      group.awaitInStep();
      group.awaitMaster(next);
      assertThat(old.execute("GET", "a").text()).isEqualTo("2");
    }
  }

  @Test
  void replacesAMasterThatIsPaused() {
    try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start()) {
      GroupMember old = group.master();
      old.pause();
      GroupMember next = group.awaitNewMaster(old);
      next.execute("SET", "a", "1");
      old.resume();
      group.awaitInStep();
      assertThat(old.execute("GET", "a").text()).isEqualTo("1");
    }
  }

  @Test
  void replacesAMasterOnTheSmallerSideOfAPartition() {
    try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start()) {
      GroupMember old = group.master();
      group.isolate(old);
      GroupMember next = group.awaitNewMaster(old);
      assertThat(old.execute("SET", "a", "lost").text()).isEqualTo("OK");
      next.execute("SET", "a", "kept");
      group.heal(old);
      group.awaitMaster(next);
      group.awaitInStep();
      assertThat(old.execute("GET", "a").text()).isEqualTo("kept");
    }
  }

  @Test
  void holdsBackWhatCrossesACutOrASlowLink() {
    try (EmbeddedGroup group =
        Redoubt.group().replicas(1).sentinels(0).timeout(Duration.ofMillis(400)).start()) {
      GroupMember master = group.master();
      GroupMember replica = group.replicas().getFirst();
      group.cut(master, replica);
      master.execute("SET", "a", "1");
      assertThatThrownBy(group::awaitInStep)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("server-2");
      assertThat(replica.execute("EXISTS", "a").number()).isZero();
      group.heal(master, replica);
      group.awaitInStep();
      assertThat(replica.execute("GET", "a").text()).isEqualTo("1");

      group.delay(master, replica, Duration.ofMillis(100));
      long start = System.nanoTime();
      master.execute("SET", "a", "2");
      assertThat(master.execute("WAIT", "1", "0").number()).isEqualTo(1);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(190));
    }
  }

  @Test
  void passesLargeDataOverLinks() {
    try (EmbeddedGroup group = Redoubt.group().replicas(1).sentinels(0).start()) {
      GroupMember master = group.master();
      GroupMember replica = group.replicas().getFirst();
      group.delay(master, replica, Duration.ofMillis(1));
      master.execute(
          "EVAL", "for i=1,40 do redis.call('SET', i, string.rep('x', 200000)) end", "0");
      group.awaitInStep();
      assertThat(replica.execute("DEBUG", "DIGEST").text())
          .isEqualTo(master.execute("DEBUG", "DIGEST").text());
    }
  }

  @Test
  void protectsServersByAPassword() {
    try (EmbeddedGroup group = Redoubt.group().password("a b").replicas(2).sentinels(1).start()) {
      assertThat(group.uri().toString()).startsWith("redis-sentinel://:a%20b@");
      GroupMember old = group.master();
      old.kill();
      assertThat(group.awaitNewMaster(old).execute("PING").text()).isEqualTo("PONG");
    }
  }

  @Test
  void refusesWhatTheGroupDecidesItself() {
    assertThatThrownBy(() -> Redoubt.group().with("port", "1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Redoubt.group().with("maxmemori", "1").start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("maxmemori");
    assertThatThrownBy(() -> Redoubt.group().sentinelWith("no-such-option", "1").start())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pausesAServerWithoutClosingItsConnections() throws Exception {
    try (EmbeddedServer server = Redoubt.server().start();
        RespClient client = RespClient.connect("127.0.0.1", server.port(), 500)) {
      client.call("PING");
      server.pause();
      server.pause();
      assertThatThrownBy(() -> client.call("PING")).isInstanceOf(SocketTimeoutException.class);
      server.resume();
      assertThat(client.receive().text()).isEqualTo("PONG");
      server.pause();
    }
  }

  @Test
  void simulatedCrashOfASentinelEndsNothingElse() {
    try (EmbeddedGroup group = Redoubt.group().replicas(2).sentinels(3).start()) {
      GroupMember crashing = group.sentinels().getFirst();
      crashing.execute("SENTINEL", "SIMULATE-FAILURE", "CRASH-AFTER-ELECTION");
      assertThatThrownBy(
              () -> {
                crashing.execute("SENTINEL", "FAILOVER", group.masterName());
                while (true) {
                  crashing.execute("PING");
                }
              })
          .isInstanceOfAny(IllegalStateException.class, UncheckedIOException.class);
      GroupMember old = group.master();
      crashing.kill();
      crashing.start();
      old.kill();
      assertThat(group.awaitNewMaster(old)).isNotEqualTo(old);
    }
  }

  @Test
  void leavesNothing() {
    startAndClose();
    int threads = threads();
    long memory = Region.heldBytes();
    startAndClose();
    startAndClose();
    assertThat(threads()).isEqualTo(threads);
    assertThat(Region.heldBytes()).isEqualTo(memory);
  }

  private static void startAndClose() {
    try (EmbeddedGroup group = Redoubt.group().replicas(1).sentinels(1).start()) {
      group.master().execute("SET", "a", "1");
      group.sentinels().getFirst().pause();
    }
  }

  private static int threads() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().matches("(redis|redoubt)-.*"))
            .count();
  }
}
