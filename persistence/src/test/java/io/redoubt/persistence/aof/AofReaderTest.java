package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbStrings;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AofReaderTest {

  @TempDir Path folder;

  /** The content of a file after a complete read. */
  private record End(List<String> told, boolean truncated, boolean inside, long validBytes) {}

  private End read(byte[] content) throws IOException, AofException, RdbException {
    Path path = Files.write(folder.resolve("file.aof"), content);
    try (CommandRecorder told = new CommandRecorder();
        DiskFile file = new OsDisk().read(path);
        AofReader reader = new AofReader(BufferMemory.offHeap(), file, "file.aof", told)) {
      while (reader.step()) {
        assertThat(reader.offset()).isLessThanOrEqualTo(content.length);
      }
      return new End(
          told.lines(), reader.isTruncated(), reader.isInsideTransaction(), reader.validBytes());
    }
  }

  private End read(String content) throws IOException, AofException, RdbException {
    return read(content.getBytes(ISO_8859_1));
  }

  @Test
  void readsCommandsAndAnnotationsWithTheirOffsets() throws Exception {
    assertThat(
            read(
                "#TS:1700000000\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n# note\r\n"
                    + "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n"))
        .isEqualTo(
            new End(List.of("0 #1700000000", "16 SELECT 0", "47 SET k a\r\nb"), false, false, 77));
  }

  @Test
  void acceptsAnEmptyFile() throws Exception {
    assertThat(read("")).isEqualTo(new End(List.of(), false, false, 0));
  }

  @Test
  void readsCommandsLargerThanTheBuffer() throws Exception {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    List<String> expected = new ArrayList<>();
    RandomGenerator random = Seed.random("AofReaderTest.readsCommandsLargerThanTheBuffer");
    for (int i = 0; i < 40; i++) {
      String value = "v".repeat(random.nextInt(i % 5 == 0 ? 400_000 : 20_000));
      expected.add(content.size() + " SET key" + i + " " + value);
      content.writeBytes(RequestEncoder.encode("SET", "key" + i, value));
    }
    assertThat(read(content.toByteArray()))
        .isEqualTo(new End(expected, false, false, content.size()));
  }

  @Test
  void reportsEveryCutAsATruncationAfterTheLastCommand() throws Exception {
    List<String> commands = List.of("SELECT 0", "MULTI", "SET a 1", "INCR a", "EXEC", "DEL a");
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    List<Integer> ends = new ArrayList<>(List.of(0));
    for (String command : commands) {
      content.writeBytes(RequestEncoder.encode(command.split(" ", -1)));
      ends.add(content.size());
    }
    for (int size = 0; size <= content.size(); size++) {
      End end = read(Arrays.copyOf(content.toByteArray(), size));
      int whole = 0;
      while (whole < commands.size() && ends.get(whole + 1) <= size) {
        whole++;
      }
      boolean inside = whole >= 2 && whole < 5;
      assertThat(end.told()).hasSize(whole);
      assertThat(end.inside()).isEqualTo(inside);
      assertThat(end.truncated()).isEqualTo(inside || ends.get(whole) != size);
      assertThat(end.validBytes()).isEqualTo((long) ends.get(inside ? 1 : whole));
    }
  }

  @Test
  void refusesAnythingButCommands() {
    String good = "*1\r\n$4\r\nPING\r\n";
    for (String bad :
        List.of(
            "garbage",
            "\0\0x\0\0",
            "*x\0\0",
            "PING\r\n",
            "*0\r\n",
            "*-1\r\n",
            "*1\n$4\r\nPING\r\n",
            "*1\r\n#4\r\nPING\r\n",
            "*1\r\n$-1\r\n",
            "*1\r\n$4x\r\nPING\r\n",
            "*1\r\n$4\r\nPINGxx",
            "*1\r\n$4\r\nPINGG\r\n",
            "*1\r\n$4\r\n",
            "*x",
            "*1\r\nx",
            "*1\rx")) {
      String content = good + bad + (bad.equals("*1\r\n$4\r\n") ? "PIN\r\n" + good : "");
      assertThatThrownBy(() -> read(content))
          .as(bad)
          .isInstanceOfSatisfying(
              AofException.class, e -> assertThat(e.validBytes()).isEqualTo(good.length()))
          .hasMessage(
              "Bad file format reading the append only file file.aof: make a backup of your AOF"
                  + " file, then use ./redis-check-aof --fix <filename.manifest>");
    }
  }

  @Test
  void refusesUnbalancedTransactions() {
    String multi = "*1\r\n$5\r\nMULTI\r\n";
    String exec = "*1\r\n$4\r\nEXEC\r\n";
    for (String bad : List.of(multi + multi, exec, multi + exec + exec)) {
      assertThatThrownBy(() -> read(bad)).isInstanceOf(AofException.class);
    }
  }

  @Test
  void reportsTrailingZerosAsATruncation() throws Exception {
    String good = "*1\r\n$4\r\nPING\r\n";
    for (String torn : List.of("", "*", "*2\r\n$3\r\nDEL\r\n$9\r\nab", "*1\r\n$4\r\nPING\r")) {
      for (int zeros : new int[] {1, 7, 200_000}) {
        End end = read(good + torn + "\0".repeat(zeros));
        assertThat(end).isEqualTo(new End(List.of("0 PING"), true, false, good.length()));
        assertThatThrownBy(() -> read(good + torn + "\0".repeat(zeros) + good))
            .isInstanceOf(AofException.class);
      }
    }
  }

  @Test
  void allocatesNothingForALengthBeyondTheEnd() throws Exception {
    String good = "*1\r\n$4\r\nPING\r\n";
    End end = read(good + "*1\r\n$2000000000\r\nPING\r\n" + good);
    assertThat(end.truncated()).isTrue();
    assertThat(end.validBytes()).isEqualTo(good.length());
  }

  @Test
  void readsCommandsAfterAnRdb() throws Exception {
    byte[] rdb = RdbStrings.write(Map.of("a", "1", "b", "2", "c", "3"));
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    content.writeBytes(rdb);
    content.writeBytes(RequestEncoder.encode("SET", "d", "x".repeat(200_000)));
    content.writeBytes(RequestEncoder.encode("DEL", "a"));
    int beforeLast = content.size() - RequestEncoder.encode("DEL", "a").length;
    End end = read(content.toByteArray());
    assertThat(end.told())
        .containsExactly(
            "rdb a",
            "rdb b",
            "rdb c",
            "rdb ends",
            rdb.length + " SET d " + "x".repeat(200_000),
            beforeLast + " DEL a");
    assertThat(end.validBytes()).isEqualTo(content.size());
    assertThat(read(rdb).validBytes()).isEqualTo(rdb.length);
    assertThatThrownBy(() -> read(Arrays.copyOf(rdb, rdb.length - 9)))
        .isInstanceOf(RdbException.class);
  }
}
