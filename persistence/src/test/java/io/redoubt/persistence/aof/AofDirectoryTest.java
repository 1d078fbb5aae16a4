package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.aof.AofDirectory.Following;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.rdb.RdbStrings;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AofDirectoryTest {

  private static final Path WORKING = Path.of("/data");
  private static final Path FOLDER = WORKING.resolve("appendonlydir");

  private final FaultDisk disk = new FaultDisk(Seed.from(1), Path.of("/"), WORKING);
  private final List<String> logged = new ArrayList<>();
  private final AofLog log =
      new AofLog() {
        @Override
        public void notice(String text) {
          logged.add(text);
        }

        @Override
        public void warning(String text) {
          logged.add("# " + text);
        }
      };

  private AofDirectory open() throws Exception {
    logged.clear();
    AofDirectory directory = new AofDirectory(disk, WORKING, "appendonlydir", "x.aof", log);
    directory.open();
    return directory;
  }

  private void write(Path path, byte[] content) throws IOException {
    try (DiskFile file = disk.create(path)) {
      append(file, content);
      file.sync();
    }
  }

  private static void append(DiskFile file, byte[] content) throws IOException {
    file.write(MemorySegment.ofArray(content), 0, content.length);
  }

  private static byte[] command(String... words) {
    return RequestEncoder.encode(words);
  }

  private String manifest() throws IOException {
    return new String(disk.bytes(FOLDER.resolve("x.aof.manifest")), ISO_8859_1);
  }

  private List<String> names() {
    return disk.list(FOLDER).stream().map(path -> path.getFileName().toString()).toList();
  }

  private List<String> load(AofDirectory directory, boolean truncates) throws Exception {
    try (CommandRecorder told = new CommandRecorder();
        AofLoad load = new AofLoad(disk, directory, BufferMemory.offHeap(), told, truncates, log)) {
      while (load.step()) {
        assertThat(load.loadedBytes()).isLessThanOrEqualTo(load.totalBytes());
      }
      return told.lines();
    }
  }

  @Test
  void createsTheFirstFile() throws Exception {
    AofDirectory directory = open();
    assertThat(directory.migrateOldFile()).isFalse();
    assertThat(directory.manifest().isEmpty()).isTrue();
    try (DiskFile file = directory.openLast()) {
      append(file, command("PING"));
    }
    assertThat(manifest()).isEqualTo("file x.aof.1.incr.aof seq 1 type i\n");
    assertThat(logged).containsExactly("Creating AOF incr file x.aof.1.incr.aof on server start");
    directory = open();
    assertThat(load(directory, true)).containsExactly("0 PING", "end of x.aof.1.incr.aof");
    directory.openLast().close();
    assertThat(logged).containsExactly("Opening AOF incr file x.aof.1.incr.aof on server start");
    assertThat(directory.sizeBytes()).isEqualTo(14);
  }

  @Test
  void replacesTheBaseAndRemovesHistory() throws Exception {
    AofDirectory directory = open();
    append(directory.openLast(), command("SET", "a", "1"));
    append(next(directory), command("SET", "b", "1"));
    assertThat(manifest())
        .isEqualTo("file x.aof.1.incr.aof seq 1 type i\nfile x.aof.2.incr.aof seq 2 type i\n");
    Path base = directory.temporaryBase(77);
    write(base, RdbStrings.write(Map.of("a", "1")));
    directory.replaceBase(base, true, Following.LAST);
    assertThat(manifest())
        .isEqualTo(
            """
            file x.aof.1.base.rdb seq 1 type b
            file x.aof.1.incr.aof seq 1 type h
            file x.aof.2.incr.aof seq 2 type i
            """);
    directory.removeHistory();
    assertThat(names()).containsExactly("x.aof.1.base.rdb", "x.aof.2.incr.aof", "x.aof.manifest");
    assertThat(manifest())
        .isEqualTo("file x.aof.1.base.rdb seq 1 type b\nfile x.aof.2.incr.aof seq 2 type i\n");
    assertThat(logged)
        .contains(
            "Creating AOF incr file x.aof.2.incr.aof on background rewrite",
            "Successfully renamed the temporary AOF base file temp-rewriteaof-bg-77.aof into"
                + " x.aof.1.base.rdb",
            "Removing the history file x.aof.1.incr.aof in the background");
    assertThat(load(open(), true))
        .containsExactly(
            "rdb a", "rdb ends", "end of x.aof.1.base.rdb", "0 SET b 1", "end of x.aof.2.incr.aof");
  }

  @Test
  void startsAppendingWithARewrite() throws Exception {
    AofDirectory directory = open();
    append(directory.startTemporaryIncremental(), command("SET", "b", "1"));
    assertThat(names()).containsExactly("temp-x.aof.incr");
    Path base = directory.temporaryBase(1);
    write(base, command("SET", "a", "1"));
    directory.replaceBase(base, false, Following.TEMPORARY);
    assertThat(manifest())
        .isEqualTo("file x.aof.1.base.aof seq 1 type b\nfile x.aof.1.incr.aof seq 1 type i\n");
    assertThat(load(open(), true)).contains("0 SET a 1", "0 SET b 1");
  }

  @Test
  void removesTemporaryFilesOfACrashedServer() throws Exception {
    AofDirectory directory = open();
    directory.startTemporaryIncremental().close();
    write(FOLDER.resolve("temp-x.aof.manifest"), command("PING"));
    write(FOLDER.resolve("temp-y.aof.manifest"), command("PING"));
    open();
    assertThat(names()).containsExactly("temp-y.aof.manifest");
    directory.startTemporaryIncremental().close();
    directory.dropTemporaryIncremental();
    assertThat(names()).containsExactly("temp-y.aof.manifest");
  }

  @Test
  void migratesASingleFileFromBeforeRedis7() throws Exception {
    write(WORKING.resolve("x.aof"), command("SET", "a", "1"));
    AofDirectory directory = open();
    assertThat(directory.migrateOldFile()).isTrue();
    assertThat(logged)
        .containsExactly(
            "Successfully migrated an old-style AOF file (x.aof) into the AOF directory"
                + " (appendonlydir).");
    assertThat(disk.exists(WORKING.resolve("x.aof"))).isFalse();
    assertThat(manifest()).isEqualTo("file x.aof seq 1 type b\n");
    directory.openLast().close();
    assertThat(load(open(), true))
        .containsExactly("0 SET a 1", "end of x.aof", "end of x.aof.1.incr.aof");
    write(WORKING.resolve("x.aof"), command("SET", "later", "1"));
    assertThat(open().migrateOldFile()).as("there is something to load already").isFalse();
  }

  @Test
  void truncatesATornEndWhereAllowed() throws Exception {
    AofDirectory directory = open();
    DiskFile file = directory.openLast();
    append(file, command("SET", "a", "1"));
    append(file, command("MULTI"));
    append(file, command("SET", "b", "1"));
    append(file, "*1\r\n$4\r\nEX".getBytes(ISO_8859_1));
    assertThatThrownBy(() -> load(open(), false))
        .isInstanceOf(AofException.class)
        .hasMessage(
            "Unexpected end of file reading the append only file x.aof.1.incr.aof. You can: 1)"
                + " Make a backup of your AOF file, then use ./redis-check-aof --fix"
                + " <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated'"
                + " configuration option to yes and restart the server.");
    assertThat(file.size()).isEqualTo(27 + 15 + 27 + 10);
    logged.clear();
    assertThat(load(directory, true))
        .containsExactly("0 SET a 1", "27 MULTI", "42 SET b 1", "cut", "end of x.aof.1.incr.aof");
    assertThat(file.size()).isEqualTo(27);
    assertThat(logged)
        .containsExactly(
            "# Revert incomplete MULTI/EXEC transaction in AOF file x.aof.1.incr.aof",
            "# !!! Warning: short read while loading the AOF file x.aof.1.incr.aof!!!",
            "# !!! Truncating the AOF x.aof.1.incr.aof at offset 27 !!!",
            "# AOF x.aof.1.incr.aof loaded anyway because aof-load-truncated is enabled");
  }

  @Test
  void refusesATornFileBeforeTheLast() throws Exception {
    AofDirectory directory = open();
    append(directory.openLast(), "*1\r\n$4\r\nPI".getBytes(ISO_8859_1));
    DiskFile next = next(directory);
    assertThat(load(directory, true)).contains("cut");
    append(directory.openLast(), command("PING"));
    try (DiskFile torn = disk.append(FOLDER.resolve("x.aof.1.incr.aof"))) {
      append(torn, "*1\r\n$4\r\nPI".getBytes(ISO_8859_1));
    }
    assertThatThrownBy(() -> load(directory, true))
        .isInstanceOf(AofException.class)
        .hasMessage("Fatal error: the truncated file is not the last file");
    assertThat(disk.size(FOLDER.resolve("x.aof.1.incr.aof"))).as("it is left alone").isEqualTo(10);
    next.close();
  }

  @Test
  void refusesAMissingFile() throws Exception {
    AofDirectory directory = open();
    directory.openLast().close();
    disk.delete(FOLDER.resolve("x.aof.1.incr.aof"));
    assertThatThrownBy(() -> load(directory, true)).isInstanceOf(IOException.class);
  }

  private static DiskFile next(AofDirectory directory) throws IOException {
    DiskFile file = directory.createIncremental();
    directory.enterIncremental();
    return file;
  }

  @Test
  void keepsTheManifestOnAFullDisk() throws Exception {
    AofDirectory directory = open();
    directory.openLast().close();
    disk.setRoomBytes(3);
    directory.createIncremental().close();
    assertThatThrownBy(directory::enterIncremental).hasMessage("No space left on device");
    directory.dropIncremental();
    assertThat(directory.manifest()).isEqualTo(open().manifest());
    assertThat(names()).containsExactly("x.aof.1.incr.aof", "x.aof.manifest");
    disk.setRoomBytes(1000);
    next(directory).close();
    assertThat(open().manifest().incrementals()).hasSize(2);
  }
}
