package io.redoubt.persistence.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.persistence.aof.JournalEntry.Before;
import io.redoubt.persistence.aof.check.AofCheck;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.rdb.CheckSession;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Tests that a start and a check handle any content of a journal alike, and that a file is either
 * unchanged or ends with a prefix of the commits. {@code -Dredoubt.mutations=N} runs N.
 */
class JournalMutationTest {

  private static final int MUTATIONS = Integer.getInteger("redoubt.mutations", 4_000);
  private static final Path DIRECTORY = Path.of("/data/dir");
  private static final Path FILE = DIRECTORY.resolve("x.1.incr.aof");
  private static final Path JOURNAL = DIRECTORY.resolve("x.journal");
  private static final Path MANIFEST = DIRECTORY.resolve("x.manifest");
  private static final int COMMITS = 3;
  private static final int PAGE = (int) JournalEntry.ALIGNMENT_BYTES;
  private static final long[] EDGES = {
    0,
    1,
    -1,
    511,
    512,
    513,
    4096,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    1L << 40,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MAX_VALUE - 40
  };

  private final Random random = Seed.random("JournalMutationTest");
  private byte[] before = {};
  private byte[] committed = {};
  private byte[] file = {};

  /** Returns a journal for a file with {@link #before} and {@link #committed}. */
  private byte[] journal(UUID bootId) {
    int sums = random.nextInt(before.length + 1);
    Before known =
        Before.of(
            MemorySegment.ofArray(before),
            before.length - sums,
            sums); // the preceding bytes that a start knows
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 0; i < COMMITS; i++) {
      byte[] command = RequestEncoder.encode("SET", "k" + i, "v".repeat(random.nextInt(40)));
      byte[] entry = new byte[PAGE];
      System.arraycopy(command, 0, entry, JournalEntry.HEAD_BYTES, command.length);
      new JournalEntry(3, 1, (long) before.length + bytes.size(), bootId, known)
          .write(MemorySegment.ofArray(entry), command.length);
      all.writeBytes(entry);
      bytes.writeBytes(command);
    }
    committed = bytes.toByteArray();
    return all.toByteArray();
  }

  private byte[] mutated(byte[] valid) {
    byte[] bytes = valid.clone();
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      int entry = PAGE * random.nextInt(COMMITS);
      int at = entry + random.nextInt(random.nextInt(4) == 0 ? 200 : JournalEntry.HEAD_BYTES);
      if (bytes.length < PAGE * COMMITS) {
        break;
      }
      switch (random.nextInt(6)) {
        case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> {
          int field = entry + 12 + 4 * random.nextInt(13);
          long edge = EDGES[random.nextInt(EDGES.length)];
          ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
          if (random.nextBoolean() && field + 8 <= entry + JournalEntry.HEAD_BYTES) {
            buffer.putLong(field, edge);
          } else {
            buffer.putInt(field, (int) edge);
          }
        }
        case 2 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        case 3 -> System.arraycopy(valid, PAGE * random.nextInt(COMMITS), bytes, entry, PAGE);
        case 4 -> Arrays.fill(bytes, entry, entry + 512, (byte) 0);
        default -> bytes[at] = (byte) random.nextInt(256);
      }
    }
    if (random.nextInt(4) > 0) {
      seal(bytes);
    }
    return bytes;
  }

  /** Restores the checksums, so that a mutation is not refused by them. */
  private static void seal(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + PAGE <= bytes.length; at += PAGE) {
      long length = buffer.getInt(at + 12);
      if (length >= 0 && length <= bytes.length - at - JournalEntry.HEAD_BYTES) {
        int sum =
            JournalEntry.checksum(
                MemorySegment.ofArray(bytes), at + 12L, JournalEntry.HEAD_BYTES - 12 + length);
        buffer.putInt(at + 8, sum);
      }
    }
  }

  private static void write(FaultDisk disk, Path path, byte[] bytes) throws IOException {
    try (DiskFile file = disk.create(path)) {
      file.write(MemorySegment.ofArray(bytes), 0, bytes.length);
      file.sync();
    }
  }

  private FaultDisk disk(byte[] journal) throws IOException {
    FaultDisk disk = new FaultDisk(Seed.from(1), Path.of("/"), DIRECTORY.getParent(), DIRECTORY);
    write(disk, MANIFEST, "file x.1.incr.aof seq 1 type i\n".getBytes());
    write(disk, FILE, file);
    write(disk, JOURNAL, journal);
    return disk;
  }

  private static String check(FaultDisk disk, boolean fixes) {
    CheckSession session = new CheckSession("n");
    return session.ended(new AofCheck(disk, session, fixes, 0).run(MANIFEST.toString()));
  }

  private static void start(FaultDisk disk) throws Exception {
    new AofDirectory(disk, DIRECTORY.getParent(), "dir", "x", new SilentLog()).open();
  }

  @Test
  void handlesAnyContentInStartAndCheck() throws Exception {
    int applied = 0;
    int kept = 0;
    for (int round = 0; round < MUTATIONS; round++) {
      before = RequestEncoder.encode("SET", "a", "b".repeat(random.nextInt(700)));
      if (random.nextInt(5) == 0) {
        before = new byte[0];
      }
      UUID system = random.nextInt(4) == 0 ? new UUID(0, 0) : new UUID(1, 2);
      byte[] valid = journal(system);
      byte[] journal = mutated(valid);
      file = Arrays.copyOf(before, before.length + committed.length);
      System.arraycopy(committed, 0, file, before.length, committed.length);
      file = Arrays.copyOf(file, random.nextInt(file.length + 1));
      try {
        FaultDisk started = disk(journal);
        start(started);
        byte[] left = started.bytes(FILE);
        boolean same = Arrays.equals(left, file);
        applied += same ? 0 : 1;
        kept += same ? 1 : 0;
        assertThat(left.length).isLessThanOrEqualTo(file.length + journal.length);
        assertThat(started.exists(JOURNAL)).isFalse();

        FaultDisk checked = disk(journal);
        long steps = checked.steps();
        String report = check(checked, false);
        assertThat(checked.steps()).isEqualTo(steps);
        assertThat(report.contains(" lacks\nStart")).isEqualTo(!same || report.contains("nothing"));
        check(checked, true);
        assertThat(checked.bytes(FILE)).as("by the check").isEqualTo(left);
        check(checked, true);
        start(checked);
        assertThat(checked.bytes(FILE)).as("by a start after it").isEqualTo(left);
      } catch (RuntimeException | OutOfMemoryError | AssertionError e) {
        fail(
            "round %d: file %s journal %s"
                .formatted(
                    round, HexFormat.of().formatHex(file), HexFormat.of().formatHex(journal)),
            e);
      }
    }
    System.out.printf("JournalMutationTest: %d applied, %d not%n", applied, kept);
    assertThat(applied).isGreaterThan(MUTATIONS / 20);
    assertThat(kept).isGreaterThan(MUTATIONS / 20);
  }
}
