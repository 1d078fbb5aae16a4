package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.FreePorts;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that a master refuses writes once a sentinel has announced a newer master of its group.
 */
final class EpochFenceTest {
  private static final String READONLY =
      "(error) READONLY You can't write against a read only replica.";
  private static final String ID = "0123456789012345678901234567890123456789";

  @TempDir private Path folder;
  private @Nullable RedisServer server;
  private @Nullable Dialogue dialogue;

  @BeforeEach
  void start() throws Exception {
    server = TestServers.start("dir " + folder, "");
    dialogue = new Dialogue(server.port());
  }

  @AfterEach
  void stop() {
    Objects.requireNonNull(dialogue).close();
    Objects.requireNonNull(server).close();
  }

  private int port() {
    return Objects.requireNonNull(server).port();
  }

  private String ask(String line) {
    return Objects.requireNonNull(dialogue).ask(line);
  }

  private static String hello(String group, String host, int port, long epoch) {
    return SentinelHelloLine.of(ID, group, host, port, epoch);
  }

  private void hear(String group, String host, int port, long epoch) {
    assertThat(ask(hello(group, host, port, epoch))).isEqualTo("(integer) 0");
  }

  private void assertWritable() {
    assertThat(ask("SET a 1")).isEqualTo("OK");
  }

  private void assertFenced() {
    assertThat(ask("SET a 1")).isEqualTo(READONLY);
  }

  @Test
  void refusesWritesFromTheNextRequestOn() {
    hear("m", "127.0.0.1", port(), 3);
    assertWritable();
    hear("m", "192.0.2.1", 6379, 4);
    assertFenced();
    assertThat(ask("GET a")).isEqualTo("\"1\"");
    assertThat(ask("EVAL \"return redis.call('INCR', 'a')\" 0")).contains("READONLY");
    assertThat(ask("MULTI")).isEqualTo("OK");
    assertThat(ask("SET a 2")).isEqualTo(READONLY);
    assertThat(ask("EXEC")).contains("EXECABORT");
    assertThat(ask("GET a")).isEqualTo("\"1\"");
  }

  @Test
  void refusesATransactionThatWasQueuedBefore() {
    hear("m", "127.0.0.1", port(), 3);
    assertWritable();
    ask("MULTI");
    assertThat(ask("SET a 2")).isEqualTo("QUEUED");
    try (Dialogue sentinel = new Dialogue(port())) {
      sentinel.says(hello("m", "192.0.2.1", 6379, 4), "(integer) 0");
    }
    assertThat(ask("EXEC")).contains("READONLY");
    assertThat(ask("GET a")).isEqualTo("\"1\"");
  }

  @Test
  void ignoresWhatIsNotNewer() {
    hear("m", "127.0.0.1", port(), 3);
    hear("m", "192.0.2.1", 6379, 3);
    hear("m", "192.0.2.1", 6379, 2);
    hear("another", "192.0.2.1", 6379, 9);
    ask("PUBLISH __sentinel__:hello 127.0.0.1,26379," + ID + ",9,m,192.0.2.1,6379,nonsense");
    ask("PUBLISH __sentinel__:hello 127.0.0.1,26379," + ID + ",9,m,192.0.2.1,99999999999,9");
    ask("PUBLISH elsewhere 127.0.0.1,26379," + ID + ",9,m,192.0.2.1,6379,9");
    hear("m", "perhaps-this-server.example", port(), 9);
    assertWritable();
  }

  @Test
  void ignoresTheOldViewAfterItsOwnPromotion() {
    hear("m", "127.0.0.1", port(), 3);
    int master = FreePorts.one();
    assertThat(ask("REPLICAOF 127.0.0.1 " + master)).isEqualTo("OK");
    hear("m", "127.0.0.1", master, 4);
    assertThat(ask("REPLICAOF NO ONE")).isEqualTo("OK");
    hear("m", "127.0.0.1", master, 4);
    assertWritable();
    hear("m", "127.0.0.1", port(), 5);
    hear("m", "127.0.0.1", master, 4);
    assertWritable();
    hear("m", "127.0.0.1", master, 6);
    assertFenced();
  }

  @Test
  void acceptsWritesAgainUnderANewerEpochOnly() {
    hear("m", "127.0.0.1", port(), 3);
    hear("m", "192.0.2.1", 6379, 4);
    hear("m", "127.0.0.1", port(), 3);
    assertFenced();
    hear("m", "127.0.0.1", port(), 5);
    assertWritable();
  }

  @Test
  void staysFencedUntilEachGroupIsBack() {
    hear("m", "127.0.0.1", port(), 0);
    hear("n", "127.0.0.1", port(), 0);
    hear("m", "192.0.2.1", 6379, 1);
    hear("n", "192.0.2.1", 6379, 1);
    hear("m", "127.0.0.1", port(), 2);
    assertFenced();
    hear("n", "127.0.0.1", port(), 2);
    assertWritable();
  }

  @Test
  void obeysAnOrderedRole() {
    hear("m", "127.0.0.1", port(), 3);
    hear("m", "192.0.2.1", 6379, 4);
    assertFenced();
    assertThat(ask("REPLICAOF NO ONE")).isEqualTo("OK");
    assertWritable();
  }

  @Test
  void heedsOnlyPublishersThatMaySetTheRole() {
    ask("ACL SETUSER chatter on >pw allchannels +publish +eval ~*");
    ask("ACL SETUSER watcher on >pw allchannels +publish +slaveof");
    hear("m", "127.0.0.1", port(), 3);
    String newer = hello("m", "192.0.2.1", 6379, 4);
    try (Dialogue other = new Dialogue(port())) {
      other.says("AUTH chatter pw", "OK");
      other.says(newer, "(integer) 0");
      String[] words = newer.split(" ");
      other.says(
          "EVAL \"return redis.call('PUBLISH', KEYS[1], ARGV[1])\" 1 " + words[1] + " " + words[2],
          "(integer) 0");
      assertWritable();
      other.says("AUTH watcher pw", "OK");
      other.says(newer, "(integer) 0");
      assertFenced();
    }
  }

  @Test
  void knowsItsAnnouncedAddress() {
    ask("CONFIG SET replica-announce-ip redis-0.example replica-announce-port 7000");
    hear("m", "redis-0.example", 7000, 3);
    hear("m", "redis-1.example", 7000, 4);
    assertFenced();
  }
}
