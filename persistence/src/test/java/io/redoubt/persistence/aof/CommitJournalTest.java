package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.aof.append.AppendBuffer;
import io.redoubt.persistence.aof.append.AppendTarget;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.io.ForwardingFile;
import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests that commits found only in the journal are restored to the incremental file. */
class CommitJournalTest {
  private static final Path WORKING = Path.of("/data");
  private static final Path FILE = WORKING.resolve("dir/x.1.incr.aof");
  private static final Path JOURNAL = WORKING.resolve("dir/x.journal");
  private static final Path UNUSED = WORKING.resolve("dir/x.journal.unused");

  private final Random random = Seed.random("CommitJournalTest");
  private final FaultDisk disk = new FaultDisk(random, Path.of("/"), WORKING);
  private final List<String> said = new ArrayList<>();
  private final AofLog log =
      new AofLog() {
        @Override
        public void notice(String text) {
          said.add(text);
        }

        @Override
        public void warning(String text) {
          said.add(text);
        }
      };
  private AofDirectory directory;
  private CountingFile file;
  private CommitJournal journal;
  private AppendTarget target;

  @BeforeEach
  void start() throws Exception {
    open();
  }

  private void open() throws Exception {
    said.clear();
    directory = new AofDirectory(disk, WORKING, "dir", "x", log);
    directory.open();
    file = new CountingFile(directory.openLast());
    journal = directory.createJournal();
    target = new AppendTarget(file, directory.manifest().last().sequence(), 0, journal);
  }

  private void write(String text) throws IOException {
    AppendBuffer bytes = new AppendBuffer();
    bytes.append(MemorySegment.ofArray(text.getBytes(US_ASCII)), 0, text.length());
    target.write(bytes);
    bytes.close();
  }

  private void commit(String... texts) throws IOException {
    for (String text : texts) {
      write(text);
      target.commit();
    }
  }

  private String content() throws IOException {
    return new String(disk.bytes(FILE), US_ASCII);
  }

  /** Simulates a system crash that leaves the synced part of the file and these bytes. */
  private void crash(String left) throws Exception {
    disk.restart();
    replaceFile(left);
    open();
  }

  private void replaceFile(String text) throws IOException {
    try (DiskFile changed = disk.create(FILE)) {
      changed.write(MemorySegment.ofArray(text.getBytes(US_ASCII)), 0, text.length());
    }
  }

  @Test
  void syncsTheFileOnceAndThenTheJournal() throws Exception {
    commit("one,", "two,", "three,");
    assertThat(file.syncs).isEqualTo(1);
    assertThat(journal.isAhead()).isTrue();
    target.commit();
    assertThat(file.syncs).as("nothing new").isEqualTo(1);
    target.sync();
    assertThat(file.syncs).isEqualTo(2);
    assertThat(journal.isAhead()).isFalse();
    assertThat(content()).isEqualTo("one,two,three,");
  }

  @Test
  void restoresBytesLostInACrash() throws Exception {
    commit("one,", "two,");
    write("thr");
    commit("ee,");
    crash("one,tw");
    assertThat(content()).isEqualTo("one,two,three,");
    assertThat(said)
        .contains(
            "Restored the end of the AOF file x.1.incr.aof from its journal: 10 bytes from offset"
                + " 4");
    commit("four,");
    disk.restart();
    assertThat(content()).isEqualTo("one,two,three,four,");
  }

  @Test
  void dropsUncommittedBytesWithTheTornEnd() throws Exception {
    commit("one,", "two,");
    crash("one,t\0\0,thr");
    assertThat(content()).isEqualTo("one,two,");
  }

  @Test
  void keepsACompleteFile() throws Exception {
    commit("one,", "two,");
    crash("one,two,three");
    assertThat(content()).isEqualTo("one,two,three");
    assertThat(said).noneMatch(text -> text.startsWith("Restored"));
    assertThat(disk.exists(UNUSED)).isFalse();
  }

  @Test
  void keepsAChangedFile() throws Exception {
    commit("one,", "two,", "three,");
    crash("o,two,three,");
    assertThat(content()).isEqualTo("o,two,three,");
    assertThat(said)
        .contains(
            "The AOF file x.1.incr.aof has been changed by another program. Its journal is"
                + " ignored.");
    assertThat(disk.exists(UNUSED)).isTrue();
  }

  @Test
  void keepsAFileThatWasTruncatedWhileTheSystemRan() throws Exception {
    commit("one,", "two,");
    replaceFile("one,");
    open();
    assertThat(content()).isEqualTo("one,");
    assertThat(disk.exists(UNUSED)).isTrue();
  }

  @Test
  void keepsOtherFilesOfTheDirectory() throws Exception {
    commit("one,", "two,");
    target.sync();
    DiskFile next = directory.createIncremental();
    directory.enterIncremental();
    next.close();
    disk.restart();
    open();
    assertThat(content()).isEqualTo("one,two,");
    assertThat(disk.size(WORKING.resolve("dir/x.2.incr.aof"))).isZero();
  }

  @Test
  void startsANewGenerationWhenFull() throws Exception {
    String large = "x".repeat(40_000);
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      commit(large);
      all.append(large);
    }
    assertThat(file.syncs).isBetween(4, 6);
    long durable = all.length() - 40_000L * 3;
    crash(all.substring(0, (int) durable));
    assertThat(content()).hasSize(all.length());
  }

  @Test
  void syncsTheFileForALargeGroup() throws Exception {
    commit("one,", "x".repeat(100_000));
    assertThat(file.syncs).isEqualTo(2);
    commit("two");
    assertThat(file.syncs).isEqualTo(2);
    crash("one," + "x".repeat(100_000));
    assertThat(content()).endsWith("xtwo");
  }

  @Test
  void syncsTheFileWithoutRoomOrOnAnError() throws Exception {
    commit("one,", "two,");
    disk.setFailAt(disk.steps() + 1); // after the write to the file
    commit("three,");
    assertThat(file.syncs).isEqualTo(2);
    commit("four,");
    assertThat(file.syncs).isEqualTo(3);
    disk.restart();
    assertThat(content()).isEqualTo("one,two,three,four,");
  }

  @Test
  void keepsItsContentAfterAFailedSync() throws Exception {
    commit("one,", "two,");
    target.keepJournal();
    target.sync();
    commit("three,");
    assertThat(journal.isAhead()).isTrue();
    journal.release();
    int before = file.syncs;
    commit("four,");
    assertThat(journal.isAhead()).isFalse();
    assertThat(file.syncs).isEqualTo(before + 1);
    commit("five,");
    assertThat(file.syncs).isEqualTo(before + 1);
  }

  @Test
  void deletesTheJournalOnClose() throws Exception {
    commit("one,", "two,");
    target.sync();
    journal.close();
    assertThat(disk.exists(JOURNAL)).isFalse();
  }

  @Test
  void keepsAJournalThatIsStillNeeded() throws Exception {
    commit("one,", "two,");
    journal.close();
    assertThat(disk.exists(JOURNAL)).isTrue();
    assertThat(directory.createJournal()).isNull();
  }

  /** Counts syncs. */
  private static final class CountingFile extends ForwardingFile {
    private int syncs;

    CountingFile(DiskFile file) {
      super(file);
    }

    @Override
    public void sync() throws IOException {
      syncs++;
      super.sync();
    }
  }
}
