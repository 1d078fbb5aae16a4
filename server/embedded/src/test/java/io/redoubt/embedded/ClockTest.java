package io.redoubt.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.resp.Reply;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ClockTest {
  @Test
  void expiresKeysByTheMovedClock() {
    try (EmbeddedServer server = Redoubt.server().start()) {
      server.execute("SET", "a", "1", "EX", "100");
      server.execute("SET", "b", "1", "EX", "200");
      long before = server.execute("TIME").elements().getFirst().number();
      server.advance(Duration.ofSeconds(99));
      assertThat(server.execute("TTL", "a").number()).isBetween(0L, 1L);
      assertThat(server.execute("EXISTS", "a").number()).isEqualTo(1);
      server.advance(Duration.ofSeconds(2));
      assertThat(server.execute("EXISTS", "a", "b").number()).isEqualTo(1);
      assertThat(server.execute("TIME").elements().getFirst().number() - before)
          .isGreaterThanOrEqualTo(101);
      assertThatThrownBy(() -> server.advance(Duration.ofSeconds(-1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void idleTimesGrowByTheMovedClock() {
    try (EmbeddedServer server = Redoubt.server().with("timeout", "60").start();
        DirectClient idle = server.connect()) {
      server.execute("SET", "a", "1");
      idle.execute("PING");
      server.advance(Duration.ofSeconds(59));
      assertThat(server.execute("OBJECT", "IDLETIME", "a").number()).isBetween(58L, 60L);
      assertThat(idle.isOpen()).isTrue();
      server.advance(Duration.ofSeconds(10));
      await().until(() -> !idle.isOpen());
    }
  }

  @Test
  void serversHaveTheirOwnClocks() {
    try (EmbeddedServer one = Redoubt.server().start();
        EmbeddedServer other = Redoubt.server().start()) {
      one.advance(Duration.ofDays(365));
      assertThat(seconds(one) - seconds(other)).isGreaterThan(360L * 24 * 3600);
    }
  }

  private static long seconds(EmbeddedServer server) {
    return server.execute("TIME").elements().getFirst().number();
  }

  @Test
  void sentinelsFindASilentMasterDownByTheMovedClock() {
    try (EmbeddedGroup group =
        Redoubt.group().replicas(2).sentinels(3).downAfter(Duration.ofMinutes(1)).start()) {
      GroupMember old = group.master();
      old.execute("SET", "a", "1", "EX", "300");
      group.awaitInStep();
      group.advance(Duration.ofSeconds(70)); // all members answer, so none is down
      assertThat(group.master()).isEqualTo(old);
      group.isolate(old);
      group.advance(Duration.ofSeconds(30));
      assertThat(flags(group)).doesNotContain("s_down");
      group.advance(Duration.ofSeconds(45));
      GroupMember next = group.awaitNewMaster(old);
      assertThat(next.execute("EXISTS", "a").number()).isEqualTo(1);
      group.advance(Duration.ofMinutes(3));
      assertThat(next.execute("EXISTS", "a").number()).isZero();
    }
  }

  private static String flags(EmbeddedGroup group) {
    Reply master = group.sentinels().getFirst().execute("SENTINEL", "MASTER", "mymaster");
    int at = master.elements().stream().map(Reply::text).toList().indexOf("flags");
    return master.elements().get(at + 1).text();
  }
}
