package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RdbReaderTest {

  private static byte[] file(String header, int... bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Rdbs.latin(header));
    for (int b : bytes) {
      out.write(b);
    }
    out.write(0xff);
    out.writeBytes(new byte[8]); // checksum not computed
    return out.toByteArray();
  }

  @Test
  void readsWrittenFilesInAnyChunks() throws RdbException {
    RandomGenerator random = Seed.random("RdbReaderTest");
    for (int round = 0; round < 40; round++) {
      Map<String, RdbContents.Value> keys = Rdbs.randomKeys(random, 30);
      byte[] file = Rdbs.write(keys, round % 2 == 0);
      int piece =
          switch (round % 3) {
            case 0 -> 5;
            case 1 -> 5000;
            default -> 300_000;
          };
      int large = round % 4 == 0 ? 300 : 1 << 16;
      RdbContents read = Rdbs.read(file, piece, random, large);
      assertThat(read.keys).isEqualTo(keys);
      assertThat(read.version).isEqualTo(9);
      assertThat(read.ended).isTrue();
      assertThat(read.aux).containsEntry("redis-ver", "7.2.4").containsEntry("redis-bits", "64");
    }
  }

  @Test
  void passesLongStringsInParts() throws RdbException {
    RandomGenerator random = Seed.random("RdbReaderTest");
    String plain = Rdbs.noise(random, 1_000_000);
    String compressible = "the quick brown fox ".repeat(100_000);
    Map<String, RdbContents.Value> keys =
        Map.of(
            "0/plain", new RdbContents.Value(plain, RdbKey.NONE),
            "0/compressible", new RdbContents.Value(compressible, RdbKey.NONE));
    byte[] file = Rdbs.write(keys, true);
    assertThat(file.length).isLessThan(1_100_000);
    RdbContents read = Rdbs.read(file, 10_000, random, 1 << 16);
    assertThat(read.keys).isEqualTo(keys);
    assertThat(read.parts).isGreaterThan(100);
  }

  @Test
  void clearsAttributesAfterTheirKey() throws RdbException {
    RdbContents seconds =
        Rdbs.read(file("REDIS0003", 0xfd, 1, 0, 0, 0x40, 0, 1, 'k', 1, 'v', 0, 1, 'l', 1, 'v'));
    assertThat(seconds.keys.get("0/k").expireAtMillis()).isEqualTo(((0x40 << 24) + 1) * 1000L);
    assertThat(seconds.keys.get("0/l").expireAtMillis()).isEqualTo(RdbKey.NONE);
    RdbContents idle = Rdbs.read(file("REDIS0009", 0xf8, 0x41, 0, 0, 1, 'k', 1, 'v'));
    assertThat(idle.idleSeconds).isEqualTo(256);
    RdbContents frequency = Rdbs.read(file("REDIS0009", 0xf9, 200, 0, 1, 'k', 1, 'v'));
    assertThat(frequency.frequency).isEqualTo(200);
  }

  @Test
  void readsVersionsBefore5WithoutChecksum() throws RdbException {
    byte[] file = new byte[] {'R', 'E', 'D', 'I', 'S', '0', '0', '0', '3', 0, 1, 'k', 1, 'v', -1};
    assertThat(Rdbs.read(file).keys).containsKey("0/k");
  }

  @Test
  void readsVersionsUpTo12AndValkeys80() throws RdbException {
    for (int version = 5; version <= 12; version++) {
      assertThat(Rdbs.read(file("REDIS%04d".formatted(version))).version).isEqualTo(version);
    }
    assertThat(Rdbs.read(file("VALKEY080", 0xfe, 3, 0, 1, 'k', 0xc0, 7)).keys)
        .containsEntry("3/k", new RdbContents.Value("7", RdbKey.NONE));
  }

  @ParameterizedTest
  @CsvSource({
    "REDIS0013, Can't handle RDB format version 13",
    "REDIS0000, Can't handle RDB format version 0",
    "VALKEY081, Can't handle RDB format version 81",
    "VALKEY011, Can't handle RDB format version 11",
    "REDISxxxx, Wrong signature trying to load DB from file",
    "SIDER0009, Wrong signature trying to load DB from file"
  })
  void refusesOtherHeaders(String header, String message) {
    assertThatThrownBy(() -> Rdbs.read(file(header)))
        .isInstanceOf(RdbException.class)
        .hasMessage(message);
  }

  @Test
  void reportsAnUnsupportedTypeWithItsOffset() {
    assertThatThrownBy(() -> Rdbs.read(file("REDIS0009", 0, 1, 'k', 1, 'v', 22, 1, 'l', 0)))
        .isInstanceOfSatisfying(RdbException.class, e -> assertThat(e.offset()).isEqualTo(14))
        .hasMessageStartingWith(
            "RDB type 22 (hash with field expiry of a pre-release) is not supported (key \"l\"");
  }

  /** The buffer moves several times between a key and the defect of its value. */
  @Test
  void namesTheKeyOfALongValue() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Rdbs.latin("REDIS0009"));
    byte[] member = new byte[1000];
    for (String name : new String[] {"complete", "cut"}) {
      out.writeBytes(Rdbs.latin("\2" + (char) name.length() + name));
      out.write(0x80); // a length of 32 bits
      out.writeBytes(new byte[] {0, 0, 3, (byte) 0xe8});
      for (int i = 0; i < 1000; i++) {
        member[0] = (byte) i;
        member[1] = (byte) (i >> 8);
        out.write(0x43);
        out.write(0xe8);
        out.writeBytes(member);
      }
    }
    byte[] file = Arrays.copyOf(out.toByteArray(), out.size() - 10_000);
    RandomGenerator random = Seed.random("RdbReaderTest.names");
    assertThatThrownBy(() -> Rdbs.read(file, 50_000, random, 1 << 16))
        .hasMessageContaining("beyond the end of the data (key \"cut\", set)");
    byte[] defect = file.clone();
    defect[lastHead(defect)] = (byte) 0xc7; // an unknown encoding
    assertThatThrownBy(() -> Rdbs.read(defect, 50_000, random, 1 << 16))
        .hasMessageContaining("Unknown string encoding 7 (key \"cut\", set)");
  }

  /** Returns the offset of the last member's length. */
  private static int lastHead(byte[] file) {
    int at = file.length - 1002;
    while (file[at] != 0x43 || file[at + 1] != (byte) 0xe8) {
      at--;
    }
    return at;
  }

  @Test
  void skipsHintsAndModuleDataAndPassesFunctions() throws RdbException {
    long name = 0;
    for (char c : "redoubt-_".toCharArray()) {
      name =
          name << 6 | "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(c);
    }
    name = name << 10 | 5;
    int[] head = new int[10];
    head[0] = 0xf7;
    head[1] = 0x81;
    for (int i = 0; i < 8; i++) {
      head[2 + i] = (int) (name >>> (56 - 8 * i)) & 0xff;
    }
    int[] rest = {
      2, 1, 1, 5, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5, 2, 'h', 'i', 0, 0xf4, 1, 2, 3, 0xf5,
      1, 'f', 0, 1, 'k', 1, 'v'
    };
    int[] all = new int[head.length + rest.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(rest, 0, all, head.length, rest.length);
    RdbContents contents = Rdbs.read(file("REDIS0011", all));
    assertThat(contents.module).isEqualTo("redoubt-_");
    assertThat(contents.functions).isEqualTo(1);
    assertThat(contents.keys).containsOnlyKeys("0/k");
  }

  @Test
  void refusesAWrongChecksum() {
    byte[] file = Rdbs.write(Map.of("0/k", new RdbContents.Value("value", RdbKey.NONE)), false);
    file[file.length - 12] ^= 1;
    assertThatThrownBy(() -> Rdbs.read(file))
        .isInstanceOf(RdbException.class)
        .hasMessageStartingWith("Wrong RDB checksum expected: (");
  }

  @Test
  void refusesAnEarlyEndAndALengthBeyondTheEnd() {
    byte[] file = Rdbs.write(Map.of("0/k", new RdbContents.Value("value", RdbKey.NONE)), false);
    byte[] cut = Arrays.copyOf(file, file.length - 9);
    assertThatThrownBy(() -> Rdbs.read(cut))
        .isInstanceOf(RdbException.class)
        .hasMessage("Short read: the data ends too early");
    assertThatThrownBy(() -> Rdbs.read(file("REDIS0009", 0, 1, 'k', 0x80, 0x7f, 0, 0, 0)))
        .isInstanceOf(RdbException.class)
        .hasMessageStartingWith("A string reaches beyond the end of the data");
  }

  @Test
  void leavesBytesBehindTheEndUnread() throws RdbException {
    byte[] file = file("REDIS0009", 0, 1, 'k', 1, 'v');
    byte[] more = Arrays.copyOf(file, file.length + 13);
    RdbContents contents = new RdbContents();
    try (RdbReader reader = new RdbReader(BufferMemory.offHeap(), contents)) {
      reader.feed(MemorySegment.ofArray(more), 0, more.length);
      assertThat(reader.complete()).isTrue();
      assertThat(reader.unread()).isEqualTo(13);
      assertThat(reader.offset()).isEqualTo(file.length);
    }
  }
}
