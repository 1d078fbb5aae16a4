package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redoubt.protocol.lease.LeaseOffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks that a master accepts writes only with leases from a majority of its sentinels. */
final class SentinelLeaseTest {
  private static final String READONLY =
      "(error) READONLY You can't write against a read only replica.";
  private static final List<String> IDS = List.of("1".repeat(40), "2".repeat(40), "3".repeat(40));
  private static final long LONG = 600_000;

  @TempDir private Path folder;
  private @Nullable RedisServer server;
  private @Nullable Dialogue dialogue;
  private long sequence;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("dir " + folder + "\nsentinel-lease yes", "");
    dialogue = new Dialogue(server.port());
  }

  @AfterEach
  void stop() {
    Objects.requireNonNull(dialogue).close();
    Objects.requireNonNull(server).close();
  }

  private String ask(String line) {
    return Objects.requireNonNull(dialogue).ask(line);
  }

  private String offer(int sentinel, long confirmed, long millis) {
    List<String> others = new ArrayList<>(IDS);
    others.remove(sentinel);
    LeaseOffer offer =
        new LeaseOffer("m", IDS.get(sentinel), ++sequence, confirmed, millis, others);
    return ask("PING \"" + offer.format() + "\"");
  }

  private void give(int sentinel, long millis) {
    assertThat(offer(sentinel, 0, millis)).contains("sentinel-lease");
    assertThat(offer(sentinel, sequence, millis)).contains("sentinel-lease");
  }

  private String state() {
    return ask("INFO replication").replaceAll("(?s).*sentinel_lease:(\\w+).*", "$1");
  }

  private void assertWritable() {
    assertThat(ask("SET a 1")).isEqualTo("OK");
  }

  private void assertRefused() {
    assertThat(ask("SET a 2")).isEqualTo(READONLY);
    assertThat(ask("GET a")).isEqualTo("\"1\"");
  }

  @Test
  void takesWritesWithoutSentinels() {
    assertWritable();
    assertThat(state()).isEqualTo("none");
    give(0, LONG);
    assertWritable();
    assertThat(state()).isEqualTo("none");
  }

  @Test
  void needsAMajorityOnceItHadOne() {
    assertWritable();
    give(0, LONG);
    give(1, LONG);
    assertWritable();
    assertThat(state()).isEqualTo("held");
    assertThat(offer(1, 0, 0)).contains(LeaseOffer.FREE);
    assertRefused();
    assertThat(state()).isEqualTo("expired");
    assertThat(ask("EVAL \"return redis.call('INCR', 'a')\" 0")).contains("READONLY");
    assertThat(ask("MULTI")).isEqualTo("OK");
    assertThat(ask("SET a 2")).isEqualTo(READONLY);
    assertThat(ask("EXEC")).contains("EXECABORT");
    give(2, LONG);
    assertWritable();
  }

  @Test
  void refusesATransactionThatWasQueuedBefore() {
    assertWritable();
    give(0, LONG);
    give(1, LONG);
    ask("MULTI");
    assertThat(ask("SET a 2")).isEqualTo("QUEUED");
    Dialogue own = Objects.requireNonNull(dialogue);
    try (Dialogue other = new Dialogue(Objects.requireNonNull(server).port())) {
      dialogue = other;
      assertThat(offer(1, 0, 0)).contains(LeaseOffer.FREE);
    } finally {
      dialogue = own;
    }
    assertThat(ask("EXEC")).contains("READONLY");
    assertThat(ask("GET a")).isEqualTo("\"1\"");
  }

  /** Only the clock ends the lease, not a message. */
  @Test
  void refusesWritesWhenTheLeaseHasRunOut() throws Exception {
    assertWritable();
    give(0, 1);
    give(1, LONG);
    give(2, LONG);
    assertWritable();
    offer(2, sequence, 0);
    await().until(() -> state().equals("expired"));
    assertRefused();
  }

  @Test
  void needsNoLeaseAfterAllHaveLeftOrOnOrder() {
    give(0, LONG);
    give(1, LONG);
    assertWritable();
    offer(1, 0, 0);
    assertRefused();
    assertThat(ask("CONFIG SET sentinel-lease no")).isEqualTo("OK");
    assertWritable();
    assertThat(state()).isEqualTo("off");
    assertThat(ask("CONFIG SET sentinel-lease yes")).isEqualTo("OK");
    assertRefused();
    offer(0, 0, LeaseOffer.LEAVING);
    offer(1, 0, LeaseOffer.LEAVING);
    assertWritable();
  }

  @Test
  void remembersItsSentinels() throws Exception {
    give(0, LONG);
    give(1, LONG);
    assertWritable();
    Path file =
        folder.resolve("sentinel-leases-" + Objects.requireNonNull(server).port() + ".state");
    String remembered = "m " + IDS.get(0) + "\nm " + IDS.get(1) + "\n";
    await().untilAsserted(() -> assertThat(file).content().isEqualTo(remembered));
  }

  @Test
  void aPromotedReplicaNeedsALeaseToo() {
    assertThat(ask("REPLICAOF 127.0.0.1 1")).isEqualTo("OK");
    offer(0, 0, 0);
    offer(1, 0, 0);
    assertThat(ask("REPLICAOF NO ONE")).isEqualTo("OK");
    assertThat(ask("SET a 1")).isEqualTo(READONLY);
    give(0, LONG);
    give(1, LONG);
    assertWritable();
  }

  @Test
  void heedsOnlySendersThatMaySetTheRole() {
    ask("ACL SETUSER chatter on >pw +ping");
    ask("ACL SETUSER watcher on >pw +ping +slaveof");
    give(0, LONG);
    give(1, LONG);
    assertWritable();
    String text = new LeaseOffer("m", IDS.get(1), 9, 0, LeaseOffer.LEAVING, List.of()).format();
    try (Dialogue other = new Dialogue(Objects.requireNonNull(server).port())) {
      other.says("AUTH chatter pw", "OK");
      assertThat(other.ask("PING \"" + text + "\"")).contains(text);
      assertWritable();
      other.says("AUTH watcher pw", "OK");
      assertThat(other.ask("PING \"" + text + "\"")).contains(LeaseOffer.FREE);
    }
    assertRefused();
  }

  @Test
  void echoesOtherMessages() {
    assertThat(ask("PING hello")).isEqualTo("\"hello\"");
    String text = "sentinel-lease " + "x".repeat(80);
    assertThat(ask("PING \"" + text + "\"")).isEqualTo("\"" + text + "\"");
  }
}
