package io.redoubt.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The differences between the replication streams of Redis 7.2 and 7.0. */
@ServerTest
final class Redis72StreamTest {
  private final Dialogue redis;
  private final PropagatedCommands replica;

  Redis72StreamTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    replica =
        new PropagatedCommands(
            new WireConnection(server.port()), new WireConnection(server.port()));
  }

  @AfterEach
  void close() {
    replica.close();
  }

  private static List<String> words(String line) {
    return List.of(line.split(" "));
  }

  @Test
  void selectsTheDatabaseWithinATransaction() {
    redis.says("SELECT 3", "OK");
    redis.says("MULTI", "OK");
    redis.says("SET a 1", "QUEUED");
    redis.says("SET b 1", "QUEUED");
    redis.says("EXEC", "1) OK\n2) OK");
    assertThat(replica.next())
        .startsWith(
            words("MULTI"), words("SELECT 3"), words("SET a 1"), words("SET b 1"), words("EXEC"));
  }

  @ParameterizedTest
  @CsvSource({"no, DEL", "yes, UNLINK"})
  void removesKeysByTheCommandThatLazyFreeingNames(String lazy, String command) {
    for (String cause : List.of("expire", "server-del", "eviction")) {
      redis.says("CONFIG SET lazyfree-lazy-" + cause + " " + lazy, "OK");
    }
    redis.says("MSET past 1 due 1 restored 1", "OK");
    redis.says("SADD popped a b", "(integer) 2");
    redis.says("PEXPIRE due 1", "(integer) 1");
    replica.next();

    redis.says("EXPIRE past -1", "(integer) 1");
    assertThat(replica.next()).containsExactly(words(command + " past"));
    redis.ask("SPOP popped 5");
    assertThat(replica.next()).containsExactly(words(command + " popped"));
    while (!redis.ask("GET due").equals("(nil)")) {
      Thread.onSpinWait();
    }
    assertThat(replica.next()).containsExactly(words(command + " due"));
    redis.says(
        "EVAL \"return redis.call('RESTORE', KEYS[1], 1, redis.call('DUMP', KEYS[1]), 'REPLACE',"
            + " 'ABSTTL')\" 1 restored",
        "OK");
    assertThat(replica.next()).containsExactly(words(command + " restored"));
    redis.says("SET filler 1", "OK");
    redis.says("CONFIG SET maxmemory-policy allkeys-random maxmemory 1", "OK");
    redis.ask("SET more 1");
    assertThat(replica.next()).contains(words(command + " filler"));
    redis.says("CONFIG SET maxmemory 0", "OK");
  }
}
