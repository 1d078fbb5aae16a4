package io.redoubt.server.replies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.resp.Reply;
import io.redoubt.server.Dialogue;
import io.redoubt.server.RedisServer;
import io.redoubt.server.ServerTest;
import io.redoubt.server.TestServers;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies of Redis 7.2.6 where they differ from Redis 7.0; each was observed on a real 7.2.6. */
@ServerTest
final class Redis72ReplyTest {
  private final Dialogue redis;
  private final RedisServer server;

  Redis72ReplyTest(Dialogue redis, RedisServer server) {
    this.redis = redis;
    this.server = server;
  }

  /**
   * The digits of Grisu2, which are not always the shortest; integers up to 2^62 are printed in
   * full.
   */
  @ParameterizedTest
  @CsvSource({
    "1e16,10000000000000000",
    "5.349995802851444e+17,534999580285144384",
    "9223372036854775808,9223372036854776000",
    "1e19,1e+19",
    "1e23,99999999999999990000000",
    "-121.8235709,-121.82357090000001",
    "3.3e-320,3.3e-320",
    "1e-5,0.00001",
    "inf,inf",
    "-inf,-inf"
  })
  void scoresAreTheSameInEveryReply(String score, String printed) {
    for (String other : List.of("b", "b".repeat(100))) { // a listpack, then a table
      redis.ask("DEL z");
      redis.ask("ZADD z 0 " + other + " " + score + " a");
      redis.says("ZSCORE z a", "\"" + printed + "\"");
      redis.says("ZMSCORE z a", "1) \"" + printed + "\"");
      redis.says("ZINCRBY z 0 a", "\"" + printed + "\"");
      assertThat(redis.ask("ZRANGE z 0 -1 WITHSCORES")).contains("\"" + printed + "\"");
      redis.ask("DEBUG RELOAD");
      redis.says("ZSCORE z a", "\"" + printed + "\"");
    }
    redis.ask("HELLO 3");
    assertThat(redis.reply("ZSCORE z a"))
        .isEqualTo(new Reply.Double(Double.parseDouble(score.replace("inf", "Infinity"))));
    redis.ask("HELLO 2");
  }

  @Test
  void minusZeroIsZeroInASmallSortedSetOnly() {
    redis.says("ZADD small -0 a", "(integer) 1");
    redis.says("ZSCORE small a", "\"0\"");
    redis.says("ZADD large 1 " + "b".repeat(100) + " -0 a", "(integer) 2");
    redis.says("ZSCORE large a", "\"-0\"");
  }

  @ParameterizedTest
  @CsvSource({
    "9223372036854775807,9223372036854776000",
    "1e16,10000000000000000",
    "1e19,1e+19",
    "-121.8235709,-121.82357090000001",
    "-0.0,0",
    "0.1,0.1"
  })
  void numbersThatScriptsPassToCommands(String number, String argument) {
    redis.says("EVAL \"return redis.call('SET', KEYS[1], " + number + ")\" 1 k", "OK");
    redis.says("GET k", "\"" + argument + "\"");
  }

  /** 7.2.6's "%f" without trailing zeros; as a double it would print 2.3700000000000001. */
  @Test
  void percentilesHaveAtMostSixPlaces() {
    redis.says("CONFIG SET latency-tracking-info-percentiles \"99.9 33.3333339 50\"", "OK");
    redis.ask("PING");
    assertThat(redis.text("INFO latencystats"))
        .containsPattern("latency_percentiles_usec_ping:p99\\.9=[^,]*,p33\\.333334=[^,]*,p50=");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nope", "list", "HASH"})
  void scanRemovesExpiredKeysOfOtherTypes(String type) {
    redis.says("DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    redis.ask("SET live v");
    redis.ask("SET expired v PX 1");
    redis.says("DEBUG SLEEP 0.005", "OK");
    redis.says("DEBUG SLEEP 0.001x", "OK");
    redis.says("DEBUG SLEEP x", "OK");
    redis.says("DBSIZE", "(integer) 2");
    redis.says("SCAN 0 COUNT 100 TYPE " + type, "1) \"0\"\n2) (empty array)");
    redis.says("DBSIZE", "(integer) 1");
    redis.says("DEBUG SET-ACTIVE-EXPIRE 1", "OK");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "EVAL x 2 a",
        "EVAL x 99999999999 a",
        "EVAL x -1 a",
        "EVAL x none a",
        "EVAL x 0",
        "FCALL_RO f 5 a"
      })
  void getkeysOfNoKeys(String line) {
    redis.says("COMMAND GETKEYS " + line, "(empty array)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ZUNIONSTORE d 0 a b", "ZUNIONSTORE d 3 a b", "LMPOP 3 a LEFT"})
  void getkeysOfWrongArguments(String line) {
    assertThat(redis.ask("COMMAND GETKEYS " + line))
        .matches("\\(error\\) ERR Invalid (number of )?arguments specified for command");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GETKEYS SPUBLISH c m", "GETKEYS SSUBSCRIBE a b", "GETKEYSANDFLAGS SPUBLISH a b"})
  void shardChannelsAreNotKeys(String line) {
    redis.says("COMMAND " + line, "(error) ERR The command has no key arguments");
  }

  @Test
  void debugsErrors() {
    redis.says(
        "DEBUG PROTOCOL nope",
        "(error) ERR Wrong protocol type name. Please use one of the following: string|integer|"
            + "double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
    redis.says(
        "DEBUG QUICKLIST-PACKED-THRESHOLD x",
        "(error) ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    redis.says("DEBUG POPULATE x", "(error) ERR value is out of range, must be positive");
    redis.says("DEBUG REPLYBUFFER peak-reset-time never", "OK");
    redis.says("DEBUG REPLYBUFFER peak-reset-time 100", "OK");
    redis.says("DEBUG REPLYBUFFER resizing 0", "OK");
    redis.says(
        "DEBUG REPLYBUFFER peak-reset-time x",
        "(error) ERR value is not an integer or out of range");
    redis.says(
        "DEBUG REPLYBUFFER nope 1",
        "(error) ERR unknown subcommand or wrong number of arguments for 'REPLYBUFFER'. Try DEBUG"
            + " HELP.");
  }

  @Test
  void debugsTheTablesOfLargeValues() {
    redis.says("DEBUG HTSTATS-KEY none", "(error) ERR no such key");
    String notATable =
        "(error) ERR The value stored at the specified key is not represented using an hash table";
    for (String packed : List.of("SADD k 1", "HSET k f v", "ZADD k 1 m", "RPUSH k e", "SET k v")) {
      redis.ask(packed);
      redis.says("DEBUG HTSTATS-KEY k", notATable);
      redis.ask("DEL k");
    }
    String big = "b".repeat(100);
    for (String table : List.of("SADD k " + big, "HSET k f " + big, "ZADD k 1 " + big)) {
      redis.ask(table);
      assertThat(redis.text("DEBUG HTSTATS-KEY k full")).contains(" number of elements: 1\n");
      redis.ask("DEL k");
    }
  }

  @Test
  void scriptsCannotReadStreamsWithBlock() {
    assertThat(redis.ask("EVAL \"return redis.call('XREAD','BLOCK',0,'STREAMS','s','$')\" 0"))
        .startsWith("(error) ERR XREAD command is not allowed with BLOCK option from scripts");
  }

  /** Without a limit they take minutes, and the server serves no other client. */
  @ParameterizedTest
  @ValueSource(strings = {"HRANDFIELD h", "SRANDMEMBER s", "ZRANDMEMBER z"})
  @Timeout(30)
  void repliesOfAnyLengthEndAtTheOutputLimit(String command) {
    redis.says("CONFIG SET client-output-buffer-limit \"normal 1000000 0 0\"", "OK");
    redis.ask("HSET h a b");
    redis.ask("SADD s a");
    redis.ask("ZADD z 1 a");
    try (Dialogue greedy = new Dialogue(server.port())) {
      assertThatThrownBy(() -> greedy.ask(command + " -999999999"))
          .isInstanceOf(UncheckedIOException.class);
    }
    redis.says("PING", "PONG");
  }

  @Test
  void gccVersionIsThatOfTheCompiler() {
    Runtime.Version java = Runtime.version();
    assertThat(redis.text("INFO server"))
        .contains(
            "gcc_version:%d.%d.%d\r\n".formatted(java.feature(), java.interim(), java.update()));
  }

  @Test
  void flushallLeavesNoChangesWhereItSaves(@TempDir Path directory) throws Exception {
    try (RedisServer other = TestServers.start("dir " + directory, "save 3600 1000000");
        Dialogue saving = new Dialogue(other.port())) {
      saving.says("SET a 1", "OK");
      saving.says("FLUSHALL", "OK");
      assertThat(saving.text("INFO persistence")).contains("rdb_changes_since_last_save:0\r\n");
      saving.says("SET a 1", "OK");
      saving.says("FLUSHDB", "OK");
      assertThat(saving.text("INFO persistence")).contains("rdb_changes_since_last_save:2\r\n");
    }
  }
}
