package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each write command moves the access clocks of its keys as in a real Redis. */
final class AccessClockTwinsTest {
  private static final int IDLE_SECONDS = 1000;
  private static final int FREQUENCY = 100;

  /** A command that creates the key {@code k}, and further commands on it. */
  private record Case(String create, List<String> commands) {}

  private static final List<Case> CASES =
      List.of(
          new Case(
              "SET k 12",
              List.of(
                  "SET k 1",
                  "SET k 1 XX",
                  "SET k 1 NX",
                  "SET k 1 KEEPTTL",
                  "SET k 1 GET",
                  "SETNX k 1",
                  "SETEX k 100 1",
                  "GETSET k 1",
                  "MSET k 1",
                  "MSETNX k 1 j 2",
                  "APPEND k 3",
                  "SETRANGE k 1 x",
                  "INCR k",
                  "DECRBY k 5",
                  "INCRBYFLOAT k 0.5",
                  "GETEX k",
                  "GETEX k EX 100",
                  "SETBIT k 3 1",
                  "BITFIELD k SET u8 0 1",
                  "BITFIELD k GET u8 0",
                  "BITOP NOT k k",
                  "BITOP NOT j k",
                  "LPUSH k x",
                  "HSET k f v",
                  "EXPIRE k 100",
                  "EXPIRE k 100 XX",
                  "PERSIST k",
                  "EXISTS k",
                  "TYPE k",
                  "TOUCH k",
                  "OBJECT ENCODING k",
                  "COPY k j",
                  "RENAMENX k k",
                  "RENAME k k",
                  "RESTORE k 0 x",
                  "RESTORE k 0 x REPLACE",
                  "PFADD k a")),
          new Case(
              "RPUSH k a b c",
              List.of(
                  "LPUSH k x",
                  "RPUSHX k x",
                  "LPOP k",
                  "LPOP k 0",
                  "LSET k 0 x",
                  "LSET k 9 x",
                  "LINSERT k BEFORE a x",
                  "LINSERT k BEFORE nothing x",
                  "LREM k 1 nothing",
                  "LTRIM k 0 9",
                  "LMPOP 1 k LEFT",
                  "LMOVE k k LEFT RIGHT",
                  "RPOPLPUSH k j",
                  "BLPOP k 0",
                  "BLMPOP 0 1 k LEFT",
                  "BLMOVE k j LEFT LEFT 0",
                  "SORT k ALPHA",
                  "SORT k ALPHA STORE k",
                  "GET k",
                  "APPEND k x")),
          new Case(
              "HSET k f 1 g 2",
              List.of(
                  "HSET k f 2",
                  "HSETNX k f 2",
                  "HMSET k f 3",
                  "HINCRBY k f 1",
                  "HINCRBYFLOAT k f 1.5",
                  "HDEL k f",
                  "HDEL k nothing",
                  "HRANDFIELD k",
                  "HSCAN k 0")),
          new Case(
              "SADD k a b c",
              List.of(
                  "SADD k a",
                  "SADD k d",
                  "SREM k a",
                  "SREM k nothing",
                  "SPOP k",
                  "SPOP k 0",
                  "SMOVE k j a",
                  "SMOVE k k a",
                  "SUNIONSTORE k k",
                  "SINTERSTORE j k",
                  "SRANDMEMBER k",
                  "SINTERCARD 1 k")),
          new Case(
              "ZADD k 1 a 2 b 3 c",
              List.of(
                  "ZADD k 1 a",
                  "ZADD k XX 1 nothing",
                  "ZADD k INCR 1 a",
                  "ZINCRBY k 1 a",
                  "ZREM k a",
                  "ZREM k nothing",
                  "ZREMRANGEBYRANK k 9 9",
                  "ZREMRANGEBYSCORE k 1 1",
                  "ZPOPMIN k",
                  "ZMPOP 1 k MIN",
                  "BZPOPMAX k 0",
                  "ZUNIONSTORE k 1 k",
                  "ZRANGESTORE k k 0 -1",
                  "ZRANGESTORE j k 0 -1")),
          new Case(
              "GEOADD k 1 1 a",
              List.of("GEOADD k 1 1 a", "GEOSEARCHSTORE k k FROMMEMBER a BYRADIUS 1 km")),
          new Case("PFADD k a", List.of("PFADD k a", "PFADD k b", "PFMERGE k", "PFCOUNT k")),
          new Case(
              "XADD k 1-1 f v",
              List.of(
                  "XADD k * f v",
                  "XADD k 1-1 f v",
                  "XDEL k 9-9",
                  "XTRIM k MAXLEN 9",
                  "XSETID k 9-9",
                  "XGROUP CREATE k g 0",
                  "XGROUP SETID k g 0",
                  "XGROUP DESTROY k g",
                  "XREAD STREAMS k 0",
                  "XINFO STREAM k")));

  @TempDir private Path directory;

  private Twins twins;
  private WireConnection real;
  private WireConnection ours;

  @BeforeEach
  void start() throws Exception {
    twins = Twins.start(directory, "save ", "lfu-log-factor 0", "lfu-decay-time 0");
    real = twins.real();
    ours = twins.ours();
  }

  @AfterEach
  void stop() {
    if (twins != null) {
      real.close();
      ours.close();
      twins.close();
    }
  }

  @Test
  void writesMoveTheTimeOfAccess() {
    call("CONFIG SET maxmemory-policy allkeys-lru");
    compare((connection, create, command) -> idleSecondsAfter(connection, create, command) / 500);
  }

  /** A command that looks a key up twice counts twice in Redis. */
  @Test
  void writesCountAsAccesses() {
    call("CONFIG SET maxmemory-policy allkeys-lfu");
    compare((connection, create, command) ->
        Math.min(frequencyAfter(connection, create, command), FREQUENCY + 1));
  }

  private interface Clock {
    long after(WireConnection connection, String create, String command);
  }

  private void compare(Clock clock) {
    List<String> differences = new ArrayList<>();
    for (Case each : CASES) {
      for (String command : each.commands()) {
        long expected = clock.after(real, each.create(), command);
        long found = clock.after(ours, each.create(), command);
        if (found != expected) {
          differences.add(command + ": " + found + " rather than " + expected);
        }
      }
    }
    assertThat(differences).isEmpty();
  }

  /** Redis has CLIENT NO-TOUCH since 7.2. */
  @Test
  void leavesTheClockToClientsThatAskForNoTouch() {
    call("CONFIG SET maxmemory-policy allkeys-lru");
    ours.call("CLIENT", "NO-TOUCH", "ON");
    assertThat(idleSecondsAfter(ours, "RPUSH k a", "RPUSH k b")).isGreaterThanOrEqualTo(1000);
    assertThat(idleSecondsAfter(ours, "HSET k f v", "HSET k f w")).isGreaterThanOrEqualTo(1000);
    assertThat(idleSecondsAfter(ours, "XADD k * f v", "XADD k * f w")).isGreaterThanOrEqualTo(1000);
    ours.call("CLIENT", "NO-TOUCH", "OFF");
    assertThat(idleSecondsAfter(ours, "RPUSH k a", "RPUSH k b")).isLessThan(IDLE_SECONDS);
  }

  private void call(String line) {
    call(real, line);
    call(ours, line);
  }

  private static byte[] call(WireConnection connection, String line) {
    return connection.call(line.split(" "));
  }

  private static long idleSecondsAfter(WireConnection connection, String create, String command) {
    run(connection, create, command, "IDLETIME", IDLE_SECONDS);
    return integer(call(connection, "OBJECT IDLETIME k"));
  }

  private static long frequencyAfter(WireConnection connection, String create, String command) {
    run(connection, create, command, "FREQ", FREQUENCY);
    return integer(call(connection, "OBJECT FREQ k"));
  }

  private static void run(
      WireConnection connection, String create, String command, String clock, int value) {
    call(connection, "DEL k j");
    call(connection, create);
    byte[] dump = call(connection, "DUMP k");
    int start = new String(dump, StandardCharsets.ISO_8859_1).indexOf("\r\n") + 2;
    byte[] payload = Arrays.copyOfRange(dump, start, dump.length - 2);
    connection.call(
        bytes("RESTORE"),
        bytes("k"),
        bytes("0"),
        payload,
        bytes("REPLACE"),
        bytes(clock),
        bytes(Integer.toString(value)));
    call(connection, command);
  }

  /** Returns an integer reply; -1 for nil, which a missing key has. */
  private static long integer(byte[] reply) {
    String text = new String(reply, StandardCharsets.ISO_8859_1).strip();
    return text.startsWith(":") ? Long.parseLong(text.substring(1)) : -1;
  }
}
