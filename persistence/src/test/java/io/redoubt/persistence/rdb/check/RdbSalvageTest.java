package io.redoubt.persistence.rdb.check;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.CheckSession;
import io.redoubt.persistence.rdb.Crc64;
import io.redoubt.persistence.rdb.InconsistentValues;
import io.redoubt.persistence.rdb.RandomCollections;
import io.redoubt.persistence.rdb.RdbContents;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that {@code redis-check-rdb --fix-to} saves all readable data, and that the result needs no
 * repair.
 */
class RdbSalvageTest {

  private static final int MUTATIONS = Integer.getInteger("redoubt.mutations", 400);
  private static final int VALUES = 500;
  private static final int FOOTER_BYTES = 9; // the end marker and the checksum

  @TempDir Path folder;

  private String output = "";

  private byte[] salvaged(byte[] file) throws IOException {
    Path source = Files.write(folder.resolve("damaged.rdb"), file);
    Path target = folder.resolve("saved.rdb");
    Files.deleteIfExists(target);
    CheckSession session = new CheckSession("");
    boolean written = new RdbSalvage(new OsDisk(), session).run(source, target);
    output = session.ended(written ? 0 : 1);
    assertThat(Files.readAllBytes(source)).isEqualTo(file);
    return written ? Files.readAllBytes(target) : new byte[0];
  }

  /** Reads a file that needs no repair. */
  private static RdbContents read(byte[] file) throws RdbException {
    RdbContents contents = new RdbContents();
    try (RdbReader reader = new RdbReader(BufferMemory.offHeap(), contents)) {
      reader.totalBytes(file.length).feed(MemorySegment.ofArray(file), 0, file.length);
      reader.finish();
    }
    assertThat(contents.repairs()).isEmpty();
    return contents;
  }

  private static ByteArrayOutputStream header() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes("REDIS0010".getBytes(ISO_8859_1));
    return out;
  }

  private static byte[] sealed(ByteArrayOutputStream out) {
    out.write(0xff);
    byte[] bytes = out.toByteArray();
    long sum = Crc64.update(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    for (int i = 0; i < Long.BYTES; i++) {
      out.write((int) (sum >> (8 * i)));
    }
    return out.toByteArray();
  }

  private static void put(ByteArrayOutputStream out, int type, String key, byte[] body) {
    out.write(type);
    out.write(key.length());
    out.writeBytes(key.getBytes(ISO_8859_1));
    out.writeBytes(body);
  }

  @Test
  void copiesAValidFileByteByByte() throws IOException {
    RandomGenerator random = Seed.random("RdbSalvageTest.valid");
    for (int version = 9; version <= 12; version++) {
      byte[] file = RandomCollections.file(random, version, random.nextBoolean(), 40);
      assertThat(salvaged(file)).isEqualTo(file);
      assertThat(output).contains("0 values repaired, 0 items left out, 0 bytes");
    }
  }

  @Test
  void leavesOutWhatCannotBeRead() throws Exception {
    ByteArrayOutputStream out = header();
    put(out, 0, "before", new byte[] {1, 'v'});
    put(out, 16, "broken", new byte[] {3, 'x', 'y', 'z'}); // not a listpack
    put(out, 4, "fields", new byte[] {2, 1, 'f', 1, '1', 1, 'f', 1, '2'}); // one field twice
    put(out, 7, "module", HexFormat.of().parseHex("8100000000000000000105" + "0107" + "00"));
    put(out, 0, "after", new byte[] {1, 'w'});
    RdbContents contents = read(salvaged(sealed(out)));
    assertThat(contents.text())
        .containsExactly("0/before=v", "0/fields=hash [f = 1 until -1]", "0/after=w");
    assertThat(output)
        .contains("(key \"broken\", hash as listpack); is left out")
        .contains("(key \"module\", module value); is left out")
        .contains("1 duplicate elements were dropped")
        .contains("1 values repaired, 2 items left out, 0 bytes");
  }

  @Test
  void keepsWhatPrecedesACut() throws Exception {
    ByteArrayOutputStream out = header();
    put(out, 0, "before", new byte[] {1, 'v'});
    put(out, 2, "cut", new byte[] {3, 1, 'a', 1});
    assertThat(read(salvaged(out.toByteArray())).text()).containsExactly("0/before=v");
    assertThat(output)
        .contains("(key \"cut\", set); the rest of the file is lost")
        .contains("9 bytes at the end lost");
  }

  @Test
  void writesOverNoFile() throws IOException {
    Path file = Files.write(folder.resolve("there.rdb"), sealed(header()));
    CheckSession session = new CheckSession("");
    assertThat(new RdbSalvage(new OsDisk(), session).run(file, file)).isFalse();
    assertThat(session.ended(1)).contains("it exists");
    assertThat(Files.readAllBytes(file)).isEqualTo(sealed(header()));
  }

  /** A real server that verifies everything loads the result, with the same number of keys. */
  @Test
  void makesInconsistentValuesAcceptable() throws Exception {
    RandomGenerator random = Seed.random("RdbSalvageTest.inconsistent");
    InconsistentValues values = new InconsistentValues(random);
    ByteArrayOutputStream out = header();
    for (int i = 0; i < VALUES; i++) {
      InconsistentValues.Value value = values.next();
      put(out, value.type(), "k" + i, value.body());
    }
    byte[] saved = salvaged(sealed(out));
    RdbContents contents = read(saved);
    assertThat(contents.text()).hasSizeGreaterThan(VALUES * 9 / 10);
    assertThat(output).doesNotContain("is lost").contains(" values repaired");
    assertThat(salvaged(saved)).isEqualTo(saved);
    RealRedis.assumeInstalled();
    Path data = Files.createDirectory(folder.resolve("data"));
    Files.write(data.resolve("dump.rdb"), saved);
    try (RealRedis redis = RealRedis.start(data, "--sanitize-dump-payload", "yes")) {
      assertThat(redis.command("DBSIZE")).isEqualTo(Integer.toString(contents.text().size()));
    }
  }

  /** Whatever the damage, the result is complete, and a second salvage changes nothing. */
  @Test
  void survivesMutatedFiles() throws Exception {
    RandomGenerator random = Seed.random("RdbSalvageTest.mutated");
    byte[] file = {};
    for (int round = 0; round < MUTATIONS; round++) {
      if (round % 40 == 0) {
        file = RandomCollections.file(random, random.nextInt(9, 13), random.nextBoolean(), 20);
      }
      byte[] damaged = file.clone();
      for (int i = 1 + random.nextInt(4); i > 0; i--) {
        int at = FOOTER_BYTES + random.nextInt(damaged.length - FOOTER_BYTES);
        damaged[at] = (byte) random.nextInt(256);
      }
      if (random.nextInt(5) == 0) {
        damaged = Arrays.copyOf(damaged, FOOTER_BYTES + random.nextInt(damaged.length - 9));
      }
      byte[] saved = salvaged(damaged);
      read(saved);
      assertThat(salvaged(saved)).isEqualTo(saved);
    }
  }
}
