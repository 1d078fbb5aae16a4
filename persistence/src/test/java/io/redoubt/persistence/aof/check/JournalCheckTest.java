package io.redoubt.persistence.aof.check;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.aof.AofDirectory;
import io.redoubt.persistence.aof.CommitJournal;
import io.redoubt.persistence.aof.JournalEntry;
import io.redoubt.persistence.aof.SilentLog;
import io.redoubt.persistence.aof.append.AppendBuffer;
import io.redoubt.persistence.aof.append.AppendTarget;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.rdb.CheckSession;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Tests the report and the repair of the journal of commits by the check of an append only file.
 */
class JournalCheckTest {
  private static final Path WORKING = Path.of("/data");
  private static final Path FILE = WORKING.resolve("dir/x.1.incr.aof");
  private static final Path JOURNAL = WORKING.resolve("dir/x.journal");
  private static final Path UNUSED = WORKING.resolve("dir/x.journal.unused");
  private static final String MANIFEST = "/data/dir/x.manifest";
  private static final String VALID = "All AOF files and manifest are valid\nstatus 0";
  private static final int COMMITS = 5;

  private final Random random = Seed.random("JournalCheckTest");
  private final FaultDisk disk = new FaultDisk(random, Path.of("/"), WORKING);
  private byte[] whole = {};

  /** Leaves a file that was synced once, and a journal with the later commits. */
  @BeforeEach
  void killTheServer() throws Exception {
    AofDirectory directory = open();
    DiskFile file = directory.openLast();
    CommitJournal journal = directory.createJournal(1 << 16);
    AppendTarget target = new AppendTarget(file, 1, 0, journal);
    for (int i = 0; i < COMMITS; i++) {
      byte[] command = RequestEncoder.encode("SET", "key" + i, "value" + i);
      commit(target, command);
    }
    whole = disk.bytes(FILE);
  }

  private static void commit(AppendTarget target, byte[] command) throws IOException {
    AppendBuffer bytes = new AppendBuffer();
    bytes.append(MemorySegment.ofArray(command), 0, command.length);
    target.write(bytes);
    target.commit();
    bytes.close();
  }

  private AofDirectory open() throws Exception {
    AofDirectory directory = new AofDirectory(disk, WORKING, "dir", "x", new SilentLog());
    directory.open();
    return directory;
  }

  private int forced() {
    return whole.length / COMMITS;
  }

  /** Simulates a machine crash that leaves this many bytes of the file. */
  private void crash(int left) throws IOException {
    disk.restart();
    write(FILE, Arrays.copyOf(whole, left));
  }

  private void write(Path path, byte[] bytes) throws IOException {
    try (DiskFile file = disk.create(path)) {
      file.write(MemorySegment.ofArray(bytes), 0, bytes.length);
      file.sync();
    }
  }

  private String check(boolean fixes, long untilSeconds) {
    CheckSession session = new CheckSession("y");
    return session.ended(new AofCheck(disk, session, fixes, untilSeconds).run(MANIFEST));
  }

  private String check() {
    long steps = disk.steps();
    String said = check(false, 0);
    assertThat(disk.steps()).as("changes").isEqualTo(steps);
    return said;
  }

  private String fix() {
    return check(true, 0);
  }

  @Test
  void reportsMissingBytesWithoutChanges() throws IOException {
    crash(forced() * 3);
    assertThat(check())
        .startsWith(
            """
            Start checking Multi Part AOF
            Start to check the commit journal.
            Journal analyzed: filename=x.journal, entries=4, size=%d, generation=1, seq=1,\
             offset=%d, system=earlier
            Journal x.journal contains %d bytes that INCR AOF x.1.incr.aof lacks
            Start to check INCR files.
            """
                .formatted(forced() * 4, forced(), forced() * 2))
        .endsWith(
            "INCR AOF x.1.incr.aof is valid\n"
                + "Journal x.journal is not applied. Use the --fix option to apply it.\n"
                + "status 1");
    assertThat(disk.exists(JOURNAL)).isTrue();
  }

  @Test
  void reportsATornFileBesideIt() throws IOException {
    crash(forced() * 3 - 2);
    assertThat(check())
        .contains("lacks")
        .endsWith(
            "AOF x.1.incr.aof is not valid. Use the --fix option to try fixing it.\nstatus 1");
  }

  @Test
  void restoresMissingBytes() throws Exception {
    crash(forced() * 3 - 2);
    assertThat(fix())
        .contains("Successfully applied journal x.journal\n")
        .contains("INCR AOF x.1.incr.aof is valid\n")
        .endsWith(VALID);
    assertThat(disk.bytes(FILE)).isEqualTo(whole);
    assertThat(disk.exists(JOURNAL)).isFalse();
    assertThat(fix()).doesNotContain("ournal").endsWith(VALID);
    disk.restart();
    open();
    assertThat(disk.bytes(FILE)).isEqualTo(whole);
  }

  @Test
  void leavesTheJournalOfARunningServer() {
    for (String said : new String[] {check(), fix()}) {
      assertThat(said)
          .contains(
              "system=running\nJournal x.journal contains nothing that INCR AOF x.1.incr.aof lacks")
          .endsWith(VALID);
    }
    assertThat(disk.exists(JOURNAL)).isTrue();
  }

  @Test
  void refusesTheJournalOfAnotherFile() throws Exception {
    crash(whole.length);
    byte[] other = whole.clone();
    other[forced() - 3] = 'x';
    other = Arrays.copyOf(other, forced() * 2);
    write(FILE, other);
    assertThat(check())
        .contains(
            "Journal x.journal does not match INCR AOF x.1.incr.aof, which another program has"
                + " changed: it is ignored\n")
        .endsWith(VALID);
    assertThat(fix()).contains("Successfully set aside journal x.journal\n").endsWith(VALID);
    assertThat(disk.bytes(FILE)).isEqualTo(other);
    assertThat(disk.exists(JOURNAL)).isFalse();
    assertThat(disk.exists(UNUSED)).isTrue();
  }

  @Test
  void refusesAJournalWhoseFileIsNotInTheManifest() throws Exception {
    crash(forced());
    Path next = WORKING.resolve("dir/x.2.incr.aof");
    write(next, whole);
    write(Path.of(MANIFEST), "file x.2.incr.aof seq 2 type i\n".getBytes(ISO_8859_1));
    assertThat(check())
        .contains(
            "Journal x.journal belongs to an INCR AOF with seq 1, which the manifest does not list:"
                + " it is ignored\n")
        .endsWith(VALID);
    byte[] entries = disk.bytes(JOURNAL);
    assertThat(fix()).contains("Successfully set aside journal x.journal\n").endsWith(VALID);
    assertThat(disk.bytes(UNUSED)).isEqualTo(entries);
    assertThat(disk.bytes(FILE)).hasSize(forced());
    assertThat(disk.bytes(next)).isEqualTo(whole);

    write(JOURNAL, entries);
    disk.delete(FILE);
    assertThat(fix()).contains("Successfully removed journal x.journal\n").endsWith(VALID);
  }

  @Test
  void keepsAJournalWhoseFileIsMissing() throws Exception {
    crash(forced());
    disk.delete(FILE);
    assertThat(check())
        .contains("Journal x.journal belongs to an INCR AOF with seq 1, which does not exist");
    assertThat(fix()).contains("Cannot open file").endsWith("status 1");
    open();
    assertThat(disk.exists(JOURNAL)).isTrue();
    write(FILE, Arrays.copyOf(whole, forced()));
    assertThat(fix()).endsWith(VALID);
    assertThat(disk.bytes(FILE)).isEqualTo(whole);
  }

  private String checkFile(boolean fixes) {
    CheckSession session = new CheckSession("y");
    return session.ended(new AofCheck(disk, session, fixes, 0).run(FILE.toString()));
  }

  @Test
  void refersASingleFileToTheManifest() throws Exception {
    crash(forced() * 3 - 2);
    String beside =
        "Journal x.journal exists beside this file: check the manifest x.manifest to include it";
    assertThat(checkFile(false)).contains(beside, "bytes that this file lacks").endsWith("1");
    assertThat(checkFile(true))
        .contains(beside)
        .endsWith(
            "The file is not changed before journal x.journal is applied. Use the --fix option"
                + " on x.manifest.\nstatus 1");
    assertThat(disk.bytes(FILE)).hasSize(forced() * 3 - 2);
    assertThat(fix()).endsWith(VALID);
    assertThat(checkFile(false)).doesNotContain("ournal").endsWith("status 0");
  }

  @Test
  void setsTheJournalAsideBeforeTruncatingASingleFile() throws Exception {
    write(FILE, Arrays.copyOf(whole, whole.length + 1));
    assertThat(checkFile(true))
        .contains("Set aside journal x.journal\n", "Successfully truncated AOF " + FILE)
        .endsWith("status 0");
    assertThat(disk.exists(JOURNAL)).isFalse();
    assertThat(disk.exists(UNUSED)).isTrue();
    assertThat(disk.bytes(FILE)).isEqualTo(whole);
  }

  @Test
  void ignoresATornEntry() throws Exception {
    byte[] entries = disk.bytes(JOURNAL);
    int third = 2 * (int) JournalEntry.ALIGNMENT_BYTES;
    entries[third + JournalEntry.HEAD_BYTES] ^= 1;
    crash(forced());
    write(JOURNAL, entries);
    assertThat(check())
        .contains("entries=2, ")
        .contains("Journal x.journal ends with a torn entry, which is ignored\n");
    assertThat(fix()).endsWith(VALID);
    assertThat(disk.bytes(FILE)).isEqualTo(Arrays.copyOf(whole, forced() * 3));

    entries[JournalEntry.HEAD_BYTES] ^= 1;
    write(JOURNAL, entries);
    for (String said : new String[] {check(), fix()}) {
      assertThat(said)
          .contains("Journal x.journal is empty or its first entry is torn: it is ignored\n")
          .endsWith(VALID);
    }
  }

  @Test
  void refusesAForeignFileWithTheSamePrefix() throws Exception {
    byte[] entries = disk.bytes(JOURNAL);
    JournalEntry first = JournalEntry.read(MemorySegment.ofArray(entries), 0);
    crash(whole.length);
    MemorySegment memory = MemorySegment.ofArray(entries);
    new JournalEntry(
            first.generation(), 1, first.offset(), first.bootId(), JournalEntry.Before.NOTHING)
        .write(memory, JournalEntry.length(memory, 0));
    write(JOURNAL, entries);
    byte[] other = whole.clone();
    Arrays.fill(other, forced(), other.length, (byte) '*');
    write(FILE, other);
    assertThat(check()).contains("does not match");
    open();
    assertThat(disk.bytes(FILE)).as("by a start").isEqualTo(other);
  }

  @Test
  void identifiesAFileByTheEndOfAGroupThatIsNotInTheJournal() throws Exception {
    FaultDisk own = new FaultDisk(random, Path.of("/"), WORKING);
    AofDirectory directory = new AofDirectory(own, WORKING, "dir", "x", new SilentLog());
    directory.open();
    DiskFile file = directory.openLast();
    AppendTarget target = new AppendTarget(file, 1, 0, directory.createJournal(1 << 18));
    byte[] large = RequestEncoder.encode("SET", "large", "x".repeat(1 << 17));
    commit(target, large);
    commit(target, RequestEncoder.encode("SET", "key", "value"));
    own.restart();
    large[large.length - 3] = 'y';
    try (DiskFile foreign = own.create(FILE)) {
      foreign.write(MemorySegment.ofArray(large), 0, large.length);
    }
    CheckSession session = new CheckSession("y");
    assertThat(session.ended(new AofCheck(own, session, true, 0).run(MANIFEST)))
        .contains("does not match INCR AOF")
        .endsWith(VALID);
    assertThat(own.bytes(FILE)).isEqualTo(large);
  }

  @Test
  void doesNotUndoATruncationOnStart() throws Exception {
    byte[] torn = Arrays.copyOf(whole, whole.length - 3);
    byte[] entries = disk.bytes(JOURNAL);
    write(FILE, Arrays.copyOf(whole, whole.length + 1)); // an end that differs from the journal
    assertThat(fix()).contains("Set aside journal x.journal\n").endsWith("status 0");
    assertThat(disk.bytes(FILE)).isEqualTo(whole);
    assertThat(disk.exists(JOURNAL)).isFalse();

    write(JOURNAL, entries);
    write(FILE, torn); // by another program, while the system ran
    assertThat(fix()).contains("Set aside journal x.journal\n").endsWith("status 0");
    disk.restart();
    open();
    assertThat(disk.bytes(FILE)).hasSize(whole.length - forced());
  }

  @Test
  void refusesTruncationToATimeBeforeRestoration() throws IOException {
    crash(forced());
    assertThat(check(false, 1000))
        .endsWith("Journal x.journal is not applied. Use the --fix option to apply it.\nstatus 1");
    assertThat(disk.bytes(FILE)).hasSize(forced());
    assertThat(fix()).endsWith(VALID);
    assertThat(check(false, 1000)).endsWith(VALID);
  }

  /** Tests that a fix after an interrupted one completes the file. */
  @Test
  void completesAnInterruptedFix() throws Exception {
    byte[] entries = disk.bytes(JOURNAL);
    disk.leavesZeros(true);
    int interrupted = 0;
    for (int step = 0; step < 8; step++) {
      for (boolean power : new boolean[] {false, true}) {
        crash(forced() * 2 + random.nextInt(forced()));
        write(JOURNAL, entries);
        disk.syncDirectory(JOURNAL.getParent());
        if (power) {
          disk.cutPowerAt(disk.steps() + step);
        } else {
          disk.setFailAt(disk.steps() + step);
        }
        interrupted += fix().endsWith("status 1") ? 1 : 0;
        disk.restart();
        assertThat(fix()).endsWith(VALID);
        assertThat(disk.bytes(FILE)).isEqualTo(whole);
      }
    }
    assertThat(interrupted).isGreaterThan(8);
  }

  @Test
  void keepsTheJournalOnAFullDisk() throws Exception {
    crash(forced());
    disk.setRoomBytes(forced() + 1);
    assertThat(fix())
        .contains("Failed to apply journal x.journal: ")
        .contains("No space left on device")
        .endsWith(". It is kept, run --fix again\nstatus 1");
    assertThat(disk.exists(JOURNAL)).isTrue();
    disk.setRoomBytes(Long.MAX_VALUE);
    assertThat(fix()).endsWith(VALID);
    assertThat(disk.bytes(FILE)).isEqualTo(whole);
  }
}
