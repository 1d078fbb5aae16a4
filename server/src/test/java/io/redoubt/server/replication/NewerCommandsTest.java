package io.redoubt.server.replication;

import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.Xxh3;
import io.redoubt.protocol.resp.Reply;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests random commands unknown to Redis 7.2: a real replica, a Redoubt replica and an append-only
 * file loaded by a real server all end with the master's data set.
 */
final class NewerCommandsTest {
  private static final int COMMANDS = 3000;

  @TempDir private Path directory;

  /** The ids of the latest entries. */
  private final List<String> lastIds = new ArrayList<>();

  private final Random random = Seed.random("NewerCommandsTest");

  @BeforeEach
  void onlyWithRedis() {
    RealRedis.assumeInstalled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void replicasAndFilesStayInStep(String fieldExpiry) throws Exception {
    Path files = Files.createDirectory(directory.resolve("master"));
    String digest;
    List<String> ids;
    try (ReplicationNode master =
            ReplicationNode.ours(files, "appendonly yes", "hash-field-expiry " + fieldExpiry);
        ReplicationNode real =
            ReplicationNode.real(Files.createDirectory(directory.resolve("real")));
        ReplicationNode knowing =
            ReplicationNode.ours(Files.createDirectory(directory.resolve("knowing")))) {
      real.ask("REPLICAOF 127.0.0.1 " + master.port());
      knowing.ask("REPLICAOF 127.0.0.1 " + master.port());
      real.untilInSyncWith(master);
      knowing.untilInSyncWith(master);
      for (int group = 0; group < 6; group++) {
        master.ask("XGROUP CREATE stream" + group % 2 + " g" + group / 2 + " 0 MKSTREAM");
      }
      for (int i = 0; i < COMMANDS; i++) {
        Reply reply = master.call(command());
        if (reply instanceof Reply.Bulk && reply.text().matches("\\d+-\\d+")) {
          lastIds.add(reply.text());
          lastIds.subList(0, Math.max(lastIds.size() - 50, 0)).clear();
        }
      }
      until("the removal of due keys", () -> size(master) == keys(master));
      digest = master.ask("DEBUG DIGEST");
      ids = idempotency(master);
      for (ReplicationNode replica : List.of(real, knowing)) {
        replica.untilInSyncWith(master);
        assertThat(replica.ask("DEBUG DIGEST")).isEqualTo(digest);
        assertThat(pending(replica)).isEqualTo(pending(master));
        if (replica == knowing) {
          assertThat(idempotency(knowing)).isEqualTo(idempotency(master));
        }
        assertThat(replica.info("errorstats").keySet()).isSubsetOf("errorstat_NOMASTERLINK");
      }
      assertThat(master.info("stats", "sync_full")).isEqualTo("2");
      assertThat(master.ask("DBSIZE")).isNotEqualTo("0");
    }
    // The file contains expiries of fields, too; a real server can load it only without them.
    try (ReplicationNode loaded =
        fieldExpiry.equals("yes")
            ? ReplicationNode.ours(files, "appendonly yes")
            : ReplicationNode.real(files, "--appendonly", "yes")) {
      until("the load", () -> loaded.info("persistence", "loading").equals("0"));
      assertThat(loaded.ask("DEBUG DIGEST")).isEqualTo(digest);
      if (fieldExpiry.equals("yes")) {
        assertThat(idempotency(loaded)).isEqualTo(ids);
      }
    }
  }

  private static long size(ReplicationNode node) throws IOException {
    return node.call("DBSIZE").number();
  }

  /** Returns the number of keys that are not due. */
  private static int keys(ReplicationNode node) throws IOException {
    return node.call("KEYS *").elements().size();
  }

  /** Returns the pending entries of all groups, which a digest does not contain. */
  private static List<String> pending(ReplicationNode node) throws IOException {
    List<String> pending = new ArrayList<>();
    for (int stream = 0; stream < 2; stream++) {
      for (int group = 0; group < 3; group++) {
        Reply ids = node.call("XPENDING stream" + stream + " g" + group + " - + 100000");
        assertThat(ids).isInstanceOf(Reply.Array.class);
        ids.elements().forEach(each -> pending.add(each.elements().getFirst().text()));
      }
    }
    assertThat(pending).isNotEmpty();
    return pending;
  }

  /** Returns the limits and counts of the streams' idempotent ids. */
  private static List<String> idempotency(ReplicationNode node) throws IOException {
    List<String> state = new ArrayList<>();
    for (int stream = 0; stream < 2; stream++) {
      List<Reply> fields = node.call("XINFO STREAM stream" + stream).elements();
      for (int i = 0; i < fields.size(); i += 2) {
        if (fields.get(i).text().matches("idmp-.*|[ip]ids-.*")) {
          state.add(fields.get(i).text() + " " + fields.get(i + 1).number());
        }
      }
    }
    assertThat(state).hasSize(12);
    return state;
  }

  private String command() throws IOException {
    return switch (random.nextInt(12)) {
      case 9 -> setting();
      case 10 -> increment();
      case 11 -> storing();
      case 6 -> addition();
      case 7, 8 -> deletion();
      case 4 -> fields();
      case 5 -> "HDEL hash" + small() + " f" + small();
      case 0 -> "SETRANGE " + string() + " " + random.nextInt(20) + " " + (char) ('a' + small());
      case 1 -> comparison();
      default -> bitOperation();
    };
  }

  private static long digest(String value) {
    byte[] bytes = value.getBytes(UTF_8);
    return Xxh3.of(MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  private String comparison() {
    String key = string();
    String value = Integer.toString(small());
    String digest = String.format(Locale.ROOT, "%016x", digest(value));
    return switch (random.nextInt(7)) {
      case 0 -> "SET " + key + " " + value;
      case 4 -> "SET " + key + " " + small() + one(" IFDEQ ", " IFDNE ") + digest + one("", " GET");
      case 5 -> "DELEX " + key + one(" IFDEQ ", " IFDNE ") + digest;
      case 1 -> "SET " + key + " " + small() + " IFEQ " + value + one("", " GET", " KEEPTTL");
      case 2 -> "SET " + key + " " + small() + " IFNE " + value + one("", " GET", " EX 100000");
      case 3 -> "DELIFEQ " + key + " " + value;
      default -> "DELEX " + key + one("", " IFEQ " + value, " IFNE " + value);
    };
  }

  private String setting() {
    String pairs = " 2 " + string() + " " + small() + " " + string() + " " + small();
    return "MSETEX" + pairs + one("", " NX", " XX") + one("", " KEEPTTL", " EX 100000", " EXAT 1");
  }

  private String increment() {
    return "INCREX n"
        + small()
        + one("", " BYINT -3", " BYINT 7", " BYFLOAT 0.1", " BYFLOAT -1e3")
        + one("", "", " LBOUND -5", " UBOUND 20")
        + one("", " SATURATE")
        + one("", "", " PERSIST", " EX 100000", " PXAT 33177117420000 ENX", " EXAT 1");
  }

  private String storing() {
    String sources = " zset" + small() + " zset" + small();
    return switch (random.nextInt(5)) {
      case 0 -> "GEOADD zset" + small() + " 1" + small() + " 5" + small() + " m" + small();
      case 1 -> "ZREM zset" + small() + " m" + small();
      case 2 ->
          "GEOSEARCHSTORE zset"
              + small()
              + " zset"
              + small()
              + " BYPOLYGON 3 "
              + one("10.5 50 10.5 54 14 54", "9 49 11 49 11 54", "1 1 2 1 2 2")
              + one("", " STOREDIST", " COUNT 1");
      default ->
          one("ZUNIONSTORE", "ZINTERSTORE")
              + " zset"
              + small()
              + " 2"
              + sources
              + one("", " WEIGHTS 0.1 3")
              + " AGGREGATE COUNT";
    };
  }

  private String bitOperation() {
    String keys = string() + " " + string() + " " + string() + " " + string();
    return "BITOP " + one("DIFF", "DIFF1", "ANDOR", "ONE") + " " + keys;
  }

  /** Returns options with field expiries, none of which falls into the test. */
  private String fields() {
    String key = " hash" + random.nextInt(4);
    String field = " f" + random.nextInt(6);
    String time = one("", " EX 100000", " PXAT 33177117420000", " PX 0", " EXAT 1");
    return switch (random.nextInt(3)) {
      case 0 -> "HGETDEL" + key + " FIELDS 2 f1" + field;
      case 1 -> "HGETEX" + key + one(time, " PERSIST") + " FIELDS 2" + field + " f0";
      default ->
          "HSETEX"
              + key
              + one("", "", " NX", " XX")
              + one("", "", " FNX", " FXX")
              + one(time, "", " KEEPTTL")
              + " FIELDS 2"
              + field
              + " "
              + small()
              + " f2 "
              + "x".repeat(random.nextInt(70) + 1);
    };
  }

  /** Returns a command that adds an entry, creates a group or reads through one. */
  private String addition() {
    String key = "stream" + random.nextInt(2);
    return switch (random.nextInt(8)) {
      case 5 -> {
        String ids = " IDS 2 " + id() + " " + id();
        String group = " g" + random.nextInt(3);
        yield "XNACK " + key + group + one(" SILENT", " FAIL", " FATAL") + ids + one("", " FORCE");
      }
      case 6 -> {
        String group = "g" + random.nextInt(3) + one(" c", " d");
        yield "XREADGROUP GROUP " + group + " COUNT 2 CLAIM 3 STREAMS " + key + " >";
      }
      case 7 -> {
        String idempotent = one(" IDMP p i" + random.nextInt(99), " IDMPAUTO q");
        yield random.nextInt(20) == 0
            ? "XCFGSET " + key + " IDMP-MAXSIZE " + (1 + random.nextInt(50))
            : "XADD " + key + policy() + idempotent + one("", " MAXLEN 20") + " * f v" + small();
      }
      case 0 -> "XGROUP CREATE " + key + " g" + random.nextInt(3) + " 0 MKSTREAM";
      case 1, 2 -> {
        String group = "g" + random.nextInt(3);
        yield "XREADGROUP GROUP " + group + " c COUNT 3 STREAMS " + key + " >";
      }
      default -> "XADD " + key + policy() + one("", " MAXLEN 20", " MINID ~ " + id()) + " * f v";
    };
  }

  private String deletion() {
    String key = " stream" + random.nextInt(2);
    String group = " g" + random.nextInt(3);
    return switch (random.nextInt(4)) {
      case 0 -> "XTRIM" + key + " MAXLEN" + one(" ", " ~ ") + (10 + random.nextInt(20)) + policy();
      case 1 -> "XADD" + key + " " + id() + " f v";
      case 2 -> "XACKDEL" + key + group + policy() + " IDS 2 " + id() + " " + id();
      default -> "XDELEX" + key + policy() + " IDS 2 " + id() + " " + id();
    };
  }

  private String policy() {
    return one("", " KEEPREF", " DELREF", " ACKED");
  }

  /** Returns an id near those of the entries, whose ids are times. */
  private String id() {
    return lastIds.isEmpty() ? "1-1" : lastIds.get(random.nextInt(lastIds.size()));
  }

  private String string() {
    return "string" + random.nextInt(8);
  }

  private int small() {
    return random.nextInt(4);
  }

  private String one(String... choices) {
    return choices[random.nextInt(choices.length)];
  }
}
