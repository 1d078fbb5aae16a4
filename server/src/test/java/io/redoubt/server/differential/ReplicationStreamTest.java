package io.redoubt.server.differential;

import static io.redoubt.server.differential.Conversation.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.resp.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the replication stream of each kind of command with that of a real Redis. */
final class ReplicationStreamTest {
  private static final int REQUESTS = 1500;

  @TempDir private Path directory;
  private Twins twins;
  private Conversation conversation;
  private TwinStreams streams;

  @BeforeEach
  void start() throws Exception {
    twins = Twins.start(directory);
    conversation = new Conversation(twins, 2, "2");
    streams = new TwinStreams(twins);
  }

  @AfterEach
  void stop() {
    if (twins != null) {
      conversation.close();
      streams.close();
      twins.close();
    }
  }

  /** Sends each line on the first connection, or on the second if it starts with {@code 1>}. */
  private void says(String lines) {
    for (String line : lines.strip().split("\n")) {
      boolean second = line.startsWith("1>");
      conversation.say(second ? 1 : 0, second ? line.substring(2).strip() : line.strip());
      compare();
    }
  }

  private void compare() {
    streams.expectSame(conversation);
  }

  @Test
  void sendsRelativeTimesAsAbsoluteOnes() {
    says("DEBUG SET-ACTIVE-EXPIRE 0"); // one time is in the past
    says(
        """
        SET a 1 EX 100
        SET a 1 PX 100000
        SET a 1 EXAT 33177117420
        SET a 1 PXAT 33177117420000
        SET a 1 EXAT 10
        SET a 1 KEEPTTL
        SET a 1 NX
        SET a 1 XX EX 100
        SET b 1 EX 100 NX GET
        SET a 2 GET
        SET a 2 keepttl get GET xx
        set a 2 get KeepTTL XX
        set a 3 XX GET
        SETEX a 100 1
        PSETEX a 100000 1
        EXPIRE a 1000
        PEXPIRE a 2000000
        EXPIREAT a 33177117420
        PEXPIREAT a 33177117420000
        EXPIRE a 10 GT
        EXPIRE a 10 XX LT
        GETEX a
        GETEX a EX 100
        GETEX a PX 100000
        GETEX a EXAT 33177117420
        GETEX a PXAT 33177117420000
        GETEX a PERSIST
        GETEX a PERSIST
        GETEX a PXAT 1
        SET a 1
        EXPIRE a -1
        SET a 1
        PERSIST a
        EXPIRE a 100
        PERSIST a
        PEXPIREAT a 1
        """);
  }

  @Test
  void omitsCommandsThatChangeNothing() {
    says(
        """
        GET a
        SET a 1
        set a 1 nx
        DEL nothing
        UNLINK a nothing
        EXPIRE a 100
        RENAMENX a a
        APPEND a ""
        SETRANGE nothing 0 ""
        SETRANGE a 0 xyz
        SETRANGE a 0 ""
        MSETNX a 1 b 2
        MSETNX c 1 d 2
        GETDEL a
        GETDEL a
        COPY c d
        COPY c e
        COPY c e REPLACE DB 3
        MOVE c 3
        MOVE d 3
        TOUCH d
        OBJECT ENCODING d
        """);
  }

  @Test
  void sendsGeoPositionsAsScores() {
    says(
        """
        GEOADD g NX CH 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
        GEOADD g XX 13.361389 38.115556 Palermo
        geoadd g 13.4 38.1 Palermo
        GEORADIUS g 15 37 200 km
        GEORADIUS g 15 37 200 km STORE d
        GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 100 km
        GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m
        GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m
        """);
  }

  @Test
  void sendsResultsOfNondeterministicCommands() {
    says(
        """
        INCRBYFLOAT f 0.1
        EXPIRE f 100
        INCRBYFLOAT f 3.0e3
        INCR n
        INCRBY n 10
        DECRBY n 3
        DECR n
        GETSET n 5
        getset n "7"
        MSET x 1 y 2
        append x 12345
        RENAME x z
        """);
  }

  @Test
  void selectsTheDatabaseOfEachCommand() {
    says(
        """
        SET a 1
        SELECT 3
        SET a 2
        GET a
        1> SET b 1
        1> SET c 1
        MOVE a 5
        SWAPDB 3 5
        SWAPDB 0 0
        SELECT 5
        DEL a
        FLUSHDB
        FLUSHDB ASYNC
        1> FLUSHALL
        FLUSHALL ASYNC
        COPY a b DB 9
        1> SET a 1
        1> COPY a b DB 9
        PUBLISH channel message
        SPUBLISH channel message
        """);
  }

  @Test
  void sendsTransactionsAsUnits() {
    says(
        """
        MULTI
        SET a 1
        EXEC
        MULTI
        SET a 1
        INCR a
        GET a
        EXPIRE a 100
        EXEC
        MULTI
        GET a
        EXEC
        MULTI
        EXEC
        MULTI
        SET a 1
        SELECT 4
        SET a 1
        SELECT 0
        SET b 1
        EXEC
        MULTI
        SELECT 4
        EXEC
        SET c 1
        SELECT 0
        WATCH a
        1> SET a 5
        MULTI
        SET a 6
        EXEC
        MULTI
        INCR b
        NOSUCH
        EXEC
        MULTI
        SET s word
        INCR s
        SET t 1
        PUBLISH channel message
        EXEC
        MULTI
        PUBLISH channel message
        EXEC
        MULTI
        INCRBYFLOAT f 1.5
        SET e 1 EX 100
        GETEX e PX 100000
        EXEC
        MULTI
        FLUSHALL
        SET a 1
        EXEC
        """);
  }

  @Test
  void sendsDeletionsOfExpiredKeysOnAccess() {
    says("DEBUG SET-ACTIVE-EXPIRE 0");
    for (String access :
        List.of(
            "GET gone",
            "EXISTS gone",
            "SET gone 1",
            "SETNX gone 1",
            "INCR gone",
            "APPEND gone 1",
            "GETEX gone",
            "PERSIST gone",
            "EXPIRE gone 10",
            "DEL gone",
            "RENAME gone other",
            "COPY gone other",
            "RENAME stays gone",
            "COPY stays gone REPLACE",
            "COPY stays gone",
            "MOVE gone 5",
            "MSET gone 1 gone 2",
            "MSETNX gone 1",
            "GETDEL gone",
            "SCAN 0 MATCH gone",
            "TYPE gone",
            "DUMP gone",
            "SETRANGE gone 0 x",
            "TTL gone")) {
      says("SET stays 1\nSET gone 1 PXAT 1\n" + access + "\nDEL gone stays other");
    }
    says("SET gone 1 PXAT 1\nSET gone2 1 PXAT 1\nMULTI\nGET gone\nINCR gone2\nEXEC");
  }

  @Test
  void sendsDeletionsByActiveExpiry() {
    conversation.say(0, "SET a 1 PX 1");
    for (PropagatedCommands stream : List.of(streams.real(), streams.ours())) {
      List<List<String>> seen = new ArrayList<>();
      while (!seen.contains(List.of("DEL", "a"))) { // bounded by the timeout of the connection
        seen.addAll(stream.next());
      }
      assertThat(seen).hasSize(3).element(1).asString().startsWith("[SET, a, 1, PXAT, ");
    }
  }

  @Test
  void sendsDeliveriesAsClaims() {
    says(
        """
        XADD s 1-1 f v
        XADD s 2-1 f v
        XADD s 3-1 f v
        XADD s 4-1 f v
        XADD s 5-1 f v
        XGROUP CREATE s g 0
        XREADGROUP GROUP g me COUNT 1 STREAMS s >
        XREADGROUP GROUP g me COUNT 1 NOACK STREAMS s >
        MULTI
        XREADGROUP GROUP g me COUNT 1 STREAMS s >
        XREADGROUP GROUP g me STREAMS s >
        EXEC
        XREADGROUP GROUP g me STREAMS s >
        """);
  }

  @Test
  void restore() {
    conversation.say(0, "SET a hello");
    compare();
    byte[] payload =
        ((Reply.Bulk) Leniency.parse(conversation.askReal(0, bytes("DUMP"), bytes("a")))).bytes();
    for (String options :
        List.of("", "REPLACE", "ABSTTL", "REPLACE ABSTTL", "REPLACE IDLETIME 5")) {
      for (String ttl : List.of("0", "100000", "33177117420000")) {
        restore("b", ttl, payload, options);
      }
      restore("a", "100000", payload, options);
      restore("a", "1", payload, options + " ABSTTL");
      conversation.say(0, "DEL a b");
      compare();
    }
  }

  private void restore(String key, String ttl, byte[] payload, String options) {
    List<byte[]> words = new ArrayList<>(List.of(bytes("RESTORE"), bytes(key), bytes(ttl)));
    words.add(payload);
    for (String option : options.strip().split(" ")) {
      if (!option.isEmpty()) {
        words.add(bytes(option));
      }
    }
    conversation.say(0, words);
    compare();
  }

  @Test
  void randomRequests() {
    Random random = Seed.random("ReplicationStreamTest");
    var generator = new RequestGenerator(random);
    List<Command<?>> commands = ConversationTest.commands();
    conversation.say(0, "DEBUG SET-ACTIVE-EXPIRE 0");
    for (int i = 0; i < REQUESTS; i++) {
      Command<?> command = commands.get(random.nextInt(commands.size()));
      List<byte[]> request = generator.request(command);
      if (!ConversationTest.isLposOfLeastRank(request) && !mayFail(request)) {
        conversation.say(random.nextInt(4) == 0 ? 1 : 0, request);
        compare();
      }
    }
  }

  /**
   * Returns true for BITFIELD with OVERFLOW FAIL: if it creates a key and sets no bits, Redis does
   * not propagate it.
   */
  private static boolean mayFail(List<byte[]> request) {
    List<String> words = request.stream().map(each -> new String(each, ISO_8859_1)).toList();
    return words.getFirst().equalsIgnoreCase("bitfield")
        && words.stream().anyMatch("fail"::equalsIgnoreCase);
  }
}
