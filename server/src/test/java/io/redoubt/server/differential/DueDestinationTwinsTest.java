package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.stream.Collectors.toMap;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Commands that store their result at a key that is due but not removed yet have the same effects
 * as in a real Redis: it deletes the key if the result is empty, and expires it otherwise.
 */
final class DueDestinationTwinsTest {
  private static final Pattern COUNTED =
      Pattern.compile(
          "(expired_keys|keyspace_hits|keyspace_misses|rdb_changes_since_last_save):(\\d+)");

  private static final String VALUES =
      """
      SADD s a b
      SADD t c
      ZADD y 1 a
      ZADD z 1 b
      GEOADD g 13.361389 38.115556 Palermo
      RPUSH l 1 2
      SET text abc
      SET d old PXAT 1
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SINTERSTORE d s t|SINTERSTORE d s none|SINTERSTORE d d|SINTERSTORE d s",
        "SUNIONSTORE d none|SUNIONSTORE d d|SUNIONSTORE d s",
        "SDIFFSTORE d s s|SDIFFSTORE d none s|SDIFFSTORE d d|SDIFFSTORE d s",
        "ZINTERSTORE d 2 y z|ZINTERSTORE d 2 y none|ZINTERSTORE d 1 d|ZINTERSTORE d 1 y",
        "ZUNIONSTORE d 1 none|ZUNIONSTORE d 1 d|ZUNIONSTORE d 1 y",
        "ZDIFFSTORE d 2 y y|ZDIFFSTORE d 1 none|ZDIFFSTORE d 1 d|ZDIFFSTORE d 1 y",
        "ZRANGESTORE d y 5 6|ZRANGESTORE d none 0 1|ZRANGESTORE d y 10 20 BYSCORE"
            + "|ZRANGESTORE d d 0 1|ZRANGESTORE d y 0 -1",
        "GEOSEARCHSTORE d none FROMLONLAT 15 37 BYRADIUS 1 km"
            + "|GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 1 m"
            + "|GEOSEARCHSTORE d d FROMLONLAT 15 37 BYRADIUS 500 km"
            + "|GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 500 km",
        "GEORADIUS none 15 37 1 km STORE d|GEORADIUS g 15 37 1 m STORE d"
            + "|GEORADIUS g 15 37 500 km STORE d",
        "GEORADIUSBYMEMBER none Palermo 500 km STOREDIST d"
            + "|GEORADIUSBYMEMBER g Palermo 500 km STOREDIST d",
        "BITOP AND d none none|BITOP NOT d none|BITOP OR d d|BITOP OR d text",
        "SORT none STORE d|SORT l LIMIT 5 6 STORE d|SORT d STORE d|SORT l STORE d",
        "EVAL 'return redis.call(\"sinterstore\",KEYS[1],KEYS[2],KEYS[3])' 3 d s t",
        "RENAME text d|RENAMENX text d|COPY text d|COPY text d REPLACE|MOVE d 1",
        "LMOVE l d LEFT RIGHT|RPOPLPUSH l d|SMOVE s d a|PFMERGE d|PFMERGE d none",
        "SET d x|SETEX d 10 x|SETNX d x|GETSET d x|MSET d 1|MSETNX d 1|SETRANGE d 5 x",
        "DEL d|UNLINK d|GETDEL d|EXPIRE d -1|PEXPIREAT d 1|GETEX d EXAT 1|PERSIST d"
      })
  void affectsDueDestinationsLikeRedis(String requests) throws Exception {
    try (var twins = Twins.start(directory, "notify-keyspace-events KEAmn", "appendonly yes");
        var conversation = new Conversation(twins, 2, "2");
        var streams = new TwinStreams(twins);
        var realEvents = twins.real();
        var ourEvents = twins.ours()) {
      realEvents.call("PSUBSCRIBE", "__key*");
      ourEvents.call("PSUBSCRIBE", "__key*");
      conversation.say(0, "DEBUG SET-ACTIVE-EXPIRE 0");
      for (String request : requests.split("\\|")) {
        conversation.say(0, "FLUSHALL");
        VALUES.lines().forEach(line -> conversation.say(0, line));
        conversation.say(1, "CONFIG RESETSTAT");
        streams.expectSame(conversation);
        realEvents.messages();
        ourEvents.messages();
        Map<String, Long> realBefore = statistics(conversation::askReal);
        Map<String, Long> oursBefore = statistics(conversation::askOurs);

        conversation.say(0, request);
        conversation.expectSame("events", realEvents.messages(), ourEvents.messages());
        streams.expectSame(conversation);
        conversation.expectSame(
            "statistics",
            difference(realBefore, statistics(conversation::askReal)),
            difference(oursBefore, statistics(conversation::askOurs)));
        conversation.say(1, "DEBUG DIGEST");
        conversation.say(1, "DEBUG LOADAOF");
        conversation.say(1, "DEBUG DIGEST");
      }
    }
  }

  private static Map<String, Long> statistics(BiFunction<Integer, byte[][], byte[]> ask) {
    String info = new String(ask.apply(1, new byte[][] {bytes("INFO")}), ISO_8859_1);
    return COUNTED
        .matcher(info)
        .results()
        .collect(toMap(line -> line.group(1), line -> Long.parseLong(line.group(2))));
  }

  private static Map<String, Long> difference(Map<String, Long> before, Map<String, Long> after) {
    var difference = new TreeMap<String, Long>(after);
    before.forEach((name, value) -> difference.merge(name, -value, Long::sum));
    return difference;
  }
}
