package io.redoubt.server.replication;

import static io.redoubt.server.replication.ExpiringHashes.FAR;
import static io.redoubt.server.replication.ExpiringHashes.SMALL;
import static io.redoubt.server.replication.ExpiringHashes.assertInStep;
import static io.redoubt.server.replication.ExpiringHashes.expiries;
import static io.redoubt.server.replication.ExpiringHashes.fill;
import static io.redoubt.server.replication.ExpiringHashes.hashes;
import static io.redoubt.server.replication.ReplicationNode.until;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.Crc64;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Reply;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests replicas without hash field expiry, such as a real Redis: they stay consistent with a
 * master that has expiring fields, and Redoubt servers anywhere in the chain keep the expiries.
 */
@Execution(ExecutionMode.CONCURRENT)
class OlderReplicaTest {
  @TempDir private Path directory;
  private final Random random = Seed.random("OlderReplicaTest");
  private final ExpiringHashes expiring = new ExpiringHashes(random);

  @BeforeEach
  void onlyWithRedis() {
    RealRedis.assumeInstalled();
  }

  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void replicatesByFullAndPartialSyncs(String diskless) throws Exception {
    try (ReplicationNode master = ours("repl-diskless-sync " + diskless);
        ReplicationNode real = real();
        ReplicationNode knowing = ours();
        ReplicationNode unwilling = ours("hash-field-expiry no")) {
      fill(master);
      for (ReplicationNode replica : List.of(real, knowing, unwilling)) {
        replica.ask("REPLICAOF 127.0.0.1 " + master.port());
      }
      for (ReplicationNode replica : List.of(real, knowing, unwilling)) {
        replica.untilInSyncWith(master);
      }
      assertInStep(master, real, knowing, unwilling);
      assertThat(expiries(knowing)).isEqualTo(expiries(master)).hasSize(40 + 300);
      unwilling.ask("CONFIG SET hash-field-expiry yes");
      assertThat(expiries(unwilling)).isEmpty();
      unwilling.ask("CONFIG SET hash-field-expiry no");

      expiring.changeAll(master);
      assertInStep(master, real, knowing, unwilling);
      assertThat(expiries(knowing)).isEqualTo(expiries(master)).hasSizeGreaterThan(40 + 300);

      master.ask("CLIENT KILL TYPE replica");
      expiring.changeAll(master);
      assertInStep(master, real, knowing, unwilling);
      assertThat(expiries(knowing)).isEqualTo(expiries(master));
      assertThat(master.info("stats")).containsEntry("sync_partial_ok", "3");
      assertThat(master.log())
          .containsOnlyOnce(
              "* Replica 127.0.0.1:%d supports hash field expiry: it gets fields with their expiries"
                  .formatted(knowing.port()),
              "* Replica 127.0.0.1:%d doesn't support hash field expiry: it gets fields without"
                      .formatted(real.port())
                  + " expiries, and HDEL when they are due");
    }
  }

  /** The file of a BGSAVE for other replicas contains the expiries. */
  @Test
  void aRealReplicaDoesNotJoinASnapshotWithFieldExpiries() throws Exception {
    try (ReplicationNode master = ours("repl-diskless-sync no", "rdb-key-save-delay 10000");
        ReplicationNode real = real();
        ReplicationNode knowing = ours()) {
      fill(master);
      for (int i = 0; i < 50; i++) {
        master.ask("SET key:" + i + " 1");
      }
      knowing.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("BGSAVE", () -> master.info("persistence", "rdb_bgsave_in_progress").equals("1"));
      real.ask("REPLICAOF 127.0.0.1 " + master.port());
      until("the question", () -> master.info("replication", "connected_slaves").equals("2"));
      assertThat(master.info("persistence", "rdb_bgsave_in_progress")).isEqualTo("1");
      assertInStep(master, real, knowing);
      assertThat(expiries(knowing)).isEqualTo(expiries(master)).isNotEmpty();
    }
  }

  /** Replicas receive a payload of a later version in a version that they accept. */
  @Test
  void convertsPayloadsOfLaterVersionsForARealReplica() throws Exception {
    try (ReplicationNode master = ours();
        ReplicationNode real = real()) {
      follow(real, master);
      master.call("RPUSH list a b c");
      byte[] list = ((Reply.Bulk) master.call("DUMP list")).bytes();
      master.call(bytes("RESTORE"), bytes("later"), bytes("0"), ofLaterVersion(list));
      String library = "#!lua name=lib\nredis.register_function('f', function() return 1 end)";
      master.call(bytes("FUNCTION"), bytes("LOAD"), bytes(library));
      byte[] functions = ((Reply.Bulk) master.call("FUNCTION DUMP")).bytes();
      master.call("FUNCTION FLUSH");
      assertThat(master.call(bytes("FUNCTION"), bytes("RESTORE"), ofLaterVersion(functions)).text())
          .isEqualTo("OK");
      real.untilInSyncWith(master);
      assertThat(real.call("LRANGE later 0 -1").elements()).hasSize(3);
      assertThat(real.call("FUNCTION LIST").elements()).hasSize(1);
      assertThat(real.info("errorstats")).isEmpty();
    }
  }

  /** Returns the payload with the version of Redis 7.4 and a matching checksum. */
  private static byte[] ofLaterVersion(byte[] payload) {
    byte[] later = payload.clone();
    int summed = later.length - Long.BYTES;
    later[summed - 2] = 12;
    long checksum = Crc64.update(0, MemorySegment.ofArray(later), 0, summed);
    for (int i = 0; i < Long.BYTES; i++) {
      later[summed + i] = (byte) (checksum >>> (i * Byte.SIZE));
    }
    return later;
  }

  /** The master's HDEL removes due fields, and with the last field the hash. */
  @Test
  void removesADueFieldOnAllServers() throws Exception {
    try (ReplicationNode master = ours();
        ReplicationNode real = real();
        ReplicationNode knowing = ours()) {
      master.call("HSET h stays 1 goes 2 goes-too 3");
      master.call("HSET whole a 1");
      master.call("HPEXPIRE h 400 FIELDS 1 goes");
      follow(real, master);
      follow(knowing, master);
      master.call("HPEXPIRE h 300 FIELDS 1 goes-too");
      master.call("HPEXPIRE whole 200 FIELDS 1 a");
      until("the fields to go", () -> real.call("HLEN h").number() == 1);
      until("the hash to go", () -> real.ask("EXISTS whole").equals("0"));
      assertInStep(master, real, knowing);
    }
  }

  @Test
  void replicatesThroughARealReplica() throws Exception {
    try (ReplicationNode first = ours();
        ReplicationNode second = real();
        ReplicationNode third = ours()) {
      fill(first);
      follow(second, first);
      follow(third, second);
      assertInStep(first, second, third);
      expiring.changeAll(first);
      assertInStep(first, second, third);
      Map<String, Long> sinceThen = expiries(third);
      assertThat(sinceThen).as("expiries received from the stream").hasSizeGreaterThan(20);
      assertThat(expiries(first)).containsAllEntriesOf(sinceThen);
      assertThat(first.call("HPEXPIRE small 200 FIELDS 1 f0").elements()).hasSize(1);
      until("the field to go", () -> third.ask("HEXISTS small f0").equals("0"));
      second.ask("CLIENT KILL TYPE master");
      third.ask("CLIENT KILL TYPE master");
      expiring.changeAll(first);
      assertInStep(first, second, third);
      assertThat(third.info("stats", "sync_full")).isEqualTo("0");
    }
  }

  @Test
  void replicatesToARealReplicaOfAReplica() throws Exception {
    try (ReplicationNode first = ours();
        ReplicationNode second = ours();
        ReplicationNode third = real()) {
      fill(first);
      follow(second, first);
      follow(third, second);
      expiring.changeAll(first);
      assertInStep(first, second, third);
      assertThat(expiries(second)).isEqualTo(expiries(first));
    }
  }

  @Test
  void expiriesSurviveAFailoverToOurReplica() throws Exception {
    try (ReplicationNode old = ours();
        ReplicationNode promoted = ours();
        ReplicationNode sibling = real()) {
      fill(old);
      follow(promoted, old);
      follow(sibling, old);
      expiring.changeAll(old);
      promoted.untilInSyncWith(old);
      sibling.untilInSyncWith(old);
      Map<String, Long> before = expiries(old);
      promoted.ask("REPLICAOF NO ONE");
      follow(sibling, promoted);
      follow(old, promoted);
      assertThat(expiries(promoted)).isEqualTo(before);
      promoted.call("HPEXPIRE small 100 FIELDS 1 f0");
      until("the field to go", () -> sibling.ask("HEXISTS small f0").equals("0"));
      expiring.changeAll(promoted);
      assertInStep(promoted, sibling, old);
      assertThat(expiries(old)).isEqualTo(expiries(promoted));
      assertThat(promoted.info("stats", "sync_full")).isEqualTo("0");
    }
  }

  /**
   * The older replica has no field expiries. Redoubt replicas resume from it, and expire the fields
   * once it is gone.
   */
  @Test
  void resumesBelowAPromotedRealReplica() throws Exception {
    try (ReplicationNode old = ours();
        ReplicationNode promoted = real();
        ReplicationNode sibling = ours()) {
      fill(old);
      follow(promoted, old);
      follow(sibling, old);
      expiring.changeAll(old);
      promoted.untilInSyncWith(old);
      sibling.untilInSyncWith(old);
      Map<String, Long> before = expiries(old);
      promoted.ask("REPLICAOF NO ONE");
      promoted.ask("CONFIG RESETSTAT");
      follow(sibling, promoted);
      follow(old, promoted);
      promoted.call("HSET " + SMALL + " f0 new");
      before.remove(SMALL + " f0");
      assertInStep(promoted, sibling, old);
      assertThat(promoted.info("stats", "sync_full")).isEqualTo("0");
      sibling.ask("REPLICAOF NO ONE");
      assertThat(expiries(sibling)).isEqualTo(before);
      assertThat(expiries(old)).isEqualTo(before);
    }
  }

  @Test
  void aRealReplicaReloadsItsOwnFiles() throws Exception {
    try (ReplicationNode master = ours()) {
      fill(master);
      String[] files = {"--appendonly", "yes", "--repl-backlog-size", "16mb"};
      try (ReplicationNode real = ReplicationNode.real(directory, files)) {
        follow(real, master);
        expiring.changeAll(master);
        assertInStep(master, real);
        // The full sync has started a save itself, and a second concurrent one is an error.
        until(
            "the rewrite of the full sync",
            () ->
                real.info("persistence", "aof_rewrite_in_progress").equals("0")
                    && real.info("persistence", "aof_rewrite_scheduled").equals("0"));
        real.ask("BGREWRITEAOF");
        expiring.changeAll(master);
        assertInStep(master, real);
        assertThat(real.ask("SAVE")).isEqualTo("OK");
      }
      try (ReplicationNode real = ReplicationNode.real(directory, files)) {
        until("the load", () -> real.info("persistence", "loading").equals("0"));
        assertThat(hashes(real)).isEqualTo(hashes(master));
      }
    }
  }

  /** A replica that uses SYNC finds the end of a snapshot only by its length. */
  @Test
  void sendsTheLengthToAReplicaWithoutEofCapability() throws Exception {
    try (ReplicationNode master = ours();
        Socket socket = new Socket("127.0.0.1", master.port())) {
      fill(master);
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write("SYNC\r\n".getBytes(UTF_8));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      String header = line(in);
      while (header.isEmpty()) {
        header = line(in);
      }
      assertThat(header).startsWith("$");
      byte[] snapshot = in.readNBytes(Integer.parseInt(header.substring(1)));
      Path data = Files.createDirectory(directory.resolve("snapshot"));
      Files.write(data.resolve("dump.rdb"), snapshot);
      try (ReplicationNode real = ReplicationNode.real(data)) {
        assertThat(hashes(real)).isEqualTo(hashes(master)).isNotEmpty();
      }
      master.call("SET after 1");
      List<String> words = new ArrayList<>();
      while (!words.contains("after")) {
        words.add(line(in));
      }
    }
  }

  /** A client that is not a replica gets the file of BGSAVE, with the expiries. */
  @Test
  void sendsExpiriesWithRdbOnly() throws Exception {
    try (ReplicationNode master = ours();
        Socket socket = new Socket("127.0.0.1", master.port())) {
      fill(master);
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write("REPLCONF rdb-only 1\r\nSYNC\r\n".getBytes(UTF_8));
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertThat(line(in)).isEqualTo("+OK");
      String header = line(in);
      while (header.isEmpty()) {
        header = line(in);
      }
      byte[] snapshot = in.readNBytes(Integer.parseInt(header.substring(1)));
      Path data = Files.createDirectory(directory.resolve("snapshot"));
      Files.write(data.resolve("dump.rdb"), snapshot);
      try (ReplicationNode copy = ReplicationNode.ours(data)) {
        assertThat(expiries(copy)).isEqualTo(expiries(master)).isNotEmpty();
      }
    }
  }

  @Test
  void writesFilesThatRedisReadsIfFieldExpiryIsOff() throws Exception {
    byte[] expiring;
    try (ReplicationNode other = ours()) {
      other.call("HSET h f v");
      other.call("HEXPIRE h 1000 FIELDS 1 f");
      expiring = ((Reply.Bulk) other.call("DUMP h")).bytes();
    }
    String refusal = "ERR hash fields can't expire: hash-field-expiry is set to no";
    try (ReplicationNode node =
        ReplicationNode.ours(directory, "hash-field-expiry no", "appendonly yes")) {
      node.call("HSET h f v");
      for (String command :
          List.of(
              "HEXPIRE h 10 FIELDS 1 f",
              "HPEXPIRE h 10 FIELDS 1 f",
              "HEXPIREAT h 33177117420 FIELDS 1 f",
              "HPEXPIREAT h 33177117420000 FIELDS 1 f",
              "HPERSIST h FIELDS 1 f",
              "HGETEX h EX 10 FIELDS 1 f",
              "HGETEX h PERSIST FIELDS 1 f",
              "HSETEX h PX 10 FIELDS 1 f v",
              "HTTL h FIELDS 1 f",
              "HPTTL h FIELDS 1 f",
              "HEXPIRETIME h FIELDS 1 f",
              "HPEXPIRETIME h FIELDS 1 f")) {
        assertThat(node.call(command)).as(command).isInstanceOf(Reply.Error.class);
        assertThat(node.ask(command)).as(command).isEqualTo(refusal);
      }
      assertThat(node.ask("HSETEX h KEEPTTL FIELDS 1 f v")).isEqualTo("1");
      assertThat(node.call("HGETEX h FIELDS 1 f").elements().getFirst().text()).isEqualTo("v");
      byte[][] restore = {bytes("RESTORE"), bytes("copy"), bytes("0"), expiring};
      assertThat(node.call(restore).text()).isEqualTo(refusal);
      assertThat(node.ask("SAVE")).isEqualTo("OK");
    }
    try (ReplicationNode real = ReplicationNode.real(directory, "--appendonly", "yes")) {
      assertThat(real.ask("HGET h f")).isEqualTo("v");
    }
  }

  /** A server that is switched to this mode keeps existing field expiries. */
  @Test
  void keepsExpiriesOfAFileIfFieldExpiryIsOff() throws Exception {
    try (ReplicationNode node = ReplicationNode.ours(directory, "appendonly yes")) {
      fill(node);
      node.ask("BGREWRITEAOF");
      expiring.changeAll(node);
    }
    Map<String, Long> before;
    try (ReplicationNode node = ReplicationNode.ours(directory, "appendonly yes")) {
      before = expiries(node);
    }
    try (ReplicationNode node =
        ReplicationNode.ours(directory, "appendonly yes", "hash-field-expiry no")) {
      node.ask("CONFIG SET hash-field-expiry yes");
      assertThat(expiries(node)).isEqualTo(before).isNotEmpty();
    }
  }

  /**
   * Whatever happens to hashes and links, the real replica ends with the same data as the others.
   */
  @Test
  void agreesAfterRandomCommands() throws Exception {
    try (ReplicationNode master = ours();
        ReplicationNode real = real();
        ReplicationNode knowing = ours();
        ReplicationNode below = ours()) {
      follow(real, master);
      follow(knowing, master);
      follow(below, real);
      for (int round = 0; round < 8; round++) {
        for (int i = 0; i < 120; i++) {
          something(master);
        }
        switch (random.nextInt(6)) {
          case 0 -> master.ask("CLIENT KILL TYPE replica");
          case 1 -> below.ask("REPLICAOF 127.0.0.1 " + knowing.port());
          case 2 -> below.ask("REPLICAOF 127.0.0.1 " + real.port());
          case 3 -> {
            master.ask("DEBUG CHANGE-REPL-ID");
            master.ask("CLIENT KILL TYPE replica");
          }
          case 4 -> real.ask("CLIENT KILL TYPE master");
          default -> {
            // The loop continues.
          }
        }
      }
      until("what expires soon has gone", () -> soonest(master) > FAR / 2);
      assertInStep(master, real, knowing, below);
      assertThat(expiries(knowing)).isEqualTo(expiries(master));
    }
  }

  private void something(ReplicationNode node) throws IOException {
    String key = "h" + random.nextInt(4);
    String field = "f" + random.nextInt(6);
    boolean soon = random.nextInt(3) == 0;
    String when =
        soon ? "HPEXPIRE " + key + " " + (1 + random.nextInt(40)) : "HPEXPIREAT " + key + " " + FAR;
    switch (random.nextInt(17)) {
      case 0, 1, 2 -> node.ask("HSET " + key + " " + field + " " + random.nextInt(1000));
      case 3, 4, 5 -> node.call(when + " FIELDS 2 " + field + " f1");
      case 6 -> node.call(when + " NX FIELDS 1 " + field);
      case 7 -> node.call("HPERSIST " + key + " FIELDS 1 " + field);
      case 8 -> node.call("HINCRBYFLOAT " + key + " " + field + " 0.5");
      case 9 -> node.call("COPY " + key + " h" + random.nextInt(4) + " REPLACE");
      case 10 -> node.call("RENAME " + key + " h" + random.nextInt(4));
      case 11 -> {
        node.ask("MULTI");
        node.ask("HSETNX " + key + " " + field + " 1");
        node.ask(when + " FIELDS 1 " + field);
        node.ask("HDEL " + key + " f2");
        node.call("EXEC");
      }
      case 14 -> node.call("HGETDEL " + key + " FIELDS 2 f1 " + field);
      case 15 -> node.call("HGETEX " + key + one("", " PERSIST", " PX 30") + " FIELDS 1 " + field);
      case 16 ->
          node.call(
              ("HSETEX " + key + one("", " FNX", " FXX") + one("", " KEEPTTL", " PX 30", " PX 0"))
                  + " FIELDS 2 f1 1 "
                  + field
                  + " 2");
      case 12 -> {
        if (node.call("DUMP " + key) instanceof Reply.Bulk payload) {
          node.call(
              bytes("RESTORE"), bytes("copy"), bytes("100000"), payload.bytes(), bytes("REPLACE"));
        }
      }
      default ->
          node.call(
              bytes("EVAL"),
              bytes(
                  "redis.call('HSET', KEYS[1], ARGV[1], '1')"
                      + " redis.call('HPEXPIRE', KEYS[1], 30, 'FIELDS', 1, ARGV[1])"),
              bytes("1"),
              bytes(key),
              bytes(field));
    }
  }

  private String one(String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static long soonest(ReplicationNode node) throws IOException {
    return expiries(node).values().stream().mapToLong(Long::longValue).min().orElse(FAR);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String line(DataInputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.readUnsignedByte(); next != '\n'; next = in.readUnsignedByte()) {
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  private ReplicationNode ours(String... more) throws Exception {
    List<String> lines = new ArrayList<>(List.of("repl-backlog-size 16mb"));
    lines.addAll(List.of(more));
    return ReplicationNode.ours(
        Files.createTempDirectory(directory, "ours"), lines.toArray(String[]::new));
  }

  private ReplicationNode real() throws Exception {
    return ReplicationNode.real(
        Files.createTempDirectory(directory, "real"), "--repl-backlog-size", "16mb");
  }

  private static void follow(ReplicationNode replica, ReplicationNode master) throws IOException {
    assertThat(replica.ask("REPLICAOF 127.0.0.1 " + master.port())).isEqualTo("OK");
    replica.untilInSyncWith(master);
  }
}
