package io.redoubt.dist.process;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.Crc64;
import io.redoubt.protocol.net.FreePorts;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Starts servers on damaged or inconsistent snapshots, with a small heap. */
final class DamagedSnapshotIT {

  private static final Map<String, String> SMALL_HEAP = Map.of("REDOUBT_JAVA_OPTS", "-Xmx64m");
  private static final long LITTLE_MEMORY = 32 << 20;

  /** A payload without version and checksum: a stream of one entry with a length of 7. */
  private static final String LONGER_STREAM =
      "13011000000000000000010000000000000001"
          + "1d1d0000000a0001010001010181660200010201000100018161020401ff070101010100000700";

  /** A payload without version and checksum: an intset of 3, 1 and 2. */
  private static final String SHUFFLED_INTEGERS = "0b0e0200000003000000030001000200";

  @RegisterExtension private final Nodes nodes = new Nodes();
  @TempDir Path folder;

  private static Path ours(String tool) {
    return Distribution.HOME.resolve("bin").resolve(tool);
  }

  private Path file(int... items) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("REDIS0009".getBytes(ISO_8859_1));
    for (int item : items) {
      out.write(item);
    }
    out.write(0xff);
    byte[] bytes = out.toByteArray();
    long sum = Crc64.update(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    for (int i = 0; i < Long.BYTES; i++) {
      out.write((int) (sum >> (8 * i)));
    }
    return Files.write(folder.resolve("dump.rdb"), out.toByteArray());
  }

  private static byte[] sealed(byte[] value) {
    byte[] payload = Arrays.copyOf(value, value.length + 10);
    payload[value.length] = 10; // the version
    long sum = Crc64.update(0, MemorySegment.ofArray(payload), 0, value.length + 2L);
    for (int i = 0; i < Long.BYTES; i++) {
      payload[value.length + 2 + i] = (byte) (sum >> (8 * i));
    }
    return payload;
  }

  private NodeProcess start() throws Exception {
    return Distribution.start(
        ours("redis-server"), folder, SMALL_HEAP, "--save", "", "--hide-user-data-from-log", "no");
  }

  @Test
  void aHugeHintTakesNoMemory() throws Exception {
    for (int high : new int[] {0x00, 0x7f, 0xff}) {
      file(
          0xfb, 0x81, high, 0, 0, 1, 0x80, 0, 0, 0, 0x81, high, 0, 0, 1, 0x80, 0, 0, 0, // hints
          0, 1, 'k', 1, 'v');
      try (NodeProcess node = start()) {
        assertThat(node.ask("GET", "k").text()).isEqualTo("v");
        assertThat(Long.parseLong(node.info("memory").get("used_memory")))
            .isLessThan(LITTLE_MEMORY);
      }
    }
  }

  @Test
  void aRepairIsLoggedAndARefusalNamesTheKey() throws Exception {
    file(4, 1, 'h', 2, 1, 'f', 1, '1', 1, 'f', 1, '2'); // one field occurs twice
    try (NodeProcess node = start()) {
      assertThat(node.ask("HGETALL", "h").elements()).hasSize(2);
      assertThat(Files.readString(node.log(), UTF_8))
          .contains("The value of key \"h\" in DB 0 was repaired: 1 duplicate fields were dropped");
    }
    Path broken = file(0, 1, 'k', 1, 'v', 16, 1, 'h', 3, 'x', 'y', 'z');
    Distribution.Result refused =
        Distribution.run(
            SMALL_HEAP,
            ours("redis-server").toString(),
            "--port",
            Integer.toString(FreePorts.one()),
            "--dir",
            folder.toString(),
            "--hide-user-data-from-log",
            "no");
    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.output())
        .contains("Internal error in RDB reading offset 14 -> Hash listpack integrity check failed")
        .contains("(key \"h\", hash as listpack)");

    Path saved = folder.resolve("saved.rdb");
    Distribution.Result fixed =
        Distribution.run(
            Map.of(),
            ours("redis-check-rdb").toString(),
            "--fix-to",
            saved.toString(),
            broken.toString());
    assertThat(fixed.output()).contains("0 values repaired, 1 items left out");
    assertThat(fixed.status()).isZero();
    Files.move(saved, broken, StandardCopyOption.REPLACE_EXISTING);
    try (NodeProcess node = start()) {
      assertThat(node.ask("DBSIZE").number()).isEqualTo(1);
    }
  }

  /** The inconsistent values of a real master reach a replica. */
  @Test
  void followsAMasterWhoseValuesContradictThemselves() throws Exception {
    NodeProcess master = nodes.server(Kind.REAL);
    RespClient connection = master.connect();
    byte[] zero = {'0'};
    for (String payload : new String[] {LONGER_STREAM, SHUFFLED_INTEGERS}) {
      byte[] bytes = HexFormat.of().parseHex(payload);
      byte[] key = {(byte) payload.charAt(1)};
      assertThat(connection.call("RESTORE".getBytes(ISO_8859_1), key, zero, sealed(bytes)).text())
          .isEqualTo("OK");
    }
    connection.close();
    NodeProcess replica = nodes.server(Kind.REDOUBT);
    replica.ask("REPLICAOF", "127.0.0.1", Integer.toString(master.port()));
    replica.awaitInfo("master_link_status", "up", Distribution.LIMIT);
    assertThat(master.ask("XLEN", "3").number()).isEqualTo(7);
    assertThat(replica.ask("XLEN", "3").number()).isEqualTo(1);
    assertThat(replica.ask("SMEMBERS", "b").elements())
        .extracting(Reply::text)
        .containsExactly("1", "2", "3");
    assertThat(Files.readString(replica.log(), UTF_8))
        .contains("the length of a stream of 1 entries was 7")
        .contains("an intset out of order was sorted");
  }

  /** A word such as {@code --help} is not taken for a file. */
  @Test
  void everyToolPrintsItsHelpAndItsVersion() throws Exception {
    for (String tool :
        new String[] {
          "redis-server",
          "redis-sentinel",
          "redis-cli",
          "redis-benchmark",
          "redis-check-rdb",
          "redis-check-dump",
          "redis-check-aof",
          "redoubt-quickstart"
        }) {
      String program = ours(tool).toString();
      Distribution.Result help = Distribution.run(Map.of(), program, "--help");
      assertThat(help.output()).as(tool).contains("Usage: ").doesNotContain("--help: ");
      Distribution.Result version = Distribution.run(Map.of(), program, "--version");
      assertThat(version.output()).as(tool).containsPattern("[0-9]+\\.[0-9]+");
      assertThat(version.status()).as(tool).isZero();
    }
  }
}
