package io.redoubt.persistence.aof;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.persistence.aof.check.AofCheck;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.rdb.CheckSession;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Tests that a start and a check either refuse a mutated manifest with Redis' error or accept it,
 * and lose neither files nor commits. {@code -Dredoubt.mutations=N} runs N.
 */
class ManifestMutationTest {

  private static final int MUTATIONS = Integer.getInteger("redoubt.mutations", 1_500);
  private static final Path DIRECTORY = Path.of("/data/dir");
  private static final Path MANIFEST = DIRECTORY.resolve("x.manifest");
  private static final Path BASE = DIRECTORY.resolve("x.1.base.aof");
  private static final Path FIRST = DIRECTORY.resolve("x.1.incr.aof");
  private static final Path LAST = DIRECTORY.resolve("x.2.incr.aof");
  private static final Path HISTORY = DIRECTORY.resolve("x.1.history.aof");
  private static final Path JOURNAL = DIRECTORY.resolve("x.journal");
  private static final Path UNUSED = DIRECTORY.resolve("x.journal.unused");
  private static final String VALID =
      """
      file x.1.base.aof seq 1 type b
      file x.1.history.aof seq 1 type h
      file x.1.incr.aof seq 1 type i
      file x.2.incr.aof seq 2 type i
      """;

  /** Words with a meaning in a manifest, and similar ones. */
  private static final String[] WORDS = {
    "file",
    "seq",
    "type",
    "b",
    "h",
    "i",
    "x",
    "0",
    "1",
    "2",
    "-1",
    "9",
    "007",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999",
    "x.1.incr.aof",
    "x.2.incr.aof",
    "x.3.incr.aof",
    "x.1.base.aof",
    "..",
    ".",
    "/etc/passwd",
    "a\\b",
    "\"x.1.incr.aof\"",
    "\"x.1.incr.aof\\x00.aof\"",
    "\"\\x00\"",
    "\"\\xff\\xfe\"",
    "\"",
    "''",
    "#",
    "\n",
    "\r",
    "\0",
    "\u00ff",
    "x".repeat(300),
    "y ".repeat(600)
  };

  private final Random random = Seed.random("ManifestMutationTest");
  private final byte[] base = RequestEncoder.encode("SET", "base", "1");
  private final byte[] first = RequestEncoder.encode("SET", "first", "2");
  private final byte[] before = RequestEncoder.encode("SET", "last", "3");
  private final byte[] committed = RequestEncoder.encode("SET", "committed", "4");
  private byte[] torn = {};

  private byte[] mutated() {
    List<String> lines = new ArrayList<>(VALID.lines().toList());
    for (int changes = random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(lines.size());
      switch (random.nextInt(5)) {
        case 0 -> lines.add(at, lines.get(random.nextInt(lines.size())));
        case 1 -> lines.set(at, lines.get(at).replaceFirst("type .*", "type " + word()));
        case 2 -> {
          if (lines.size() > 1) {
            lines.remove(at);
          }
        }
        default -> {
          List<String> words = new ArrayList<>(List.of(lines.get(at).split(" ")));
          int index = random.nextInt(words.size());
          if (random.nextInt(5) == 0) {
            words.add(index, word());
          } else {
            words.set(index, word());
          }
          lines.set(at, String.join(" ", words));
        }
      }
    }
    byte[] bytes = (String.join("\n", lines) + "\n").getBytes(ISO_8859_1);
    switch (random.nextInt(9)) {
      case 0 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      case 1 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
      default -> {}
    }
    return bytes;
  }

  private String word() {
    return WORDS[random.nextInt(WORDS.length)];
  }

  private byte[] journal() {
    byte[] entry = new byte[(int) JournalEntry.ALIGNMENT_BYTES];
    System.arraycopy(committed, 0, entry, JournalEntry.HEAD_BYTES, committed.length);
    JournalEntry.Before known =
        JournalEntry.Before.of(MemorySegment.ofArray(before), 0, before.length);
    new JournalEntry(3, 2, before.length, new UUID(1, 2), known)
        .write(MemorySegment.ofArray(entry), committed.length);
    return entry;
  }

  private static void write(FaultDisk disk, Path path, byte[] bytes) throws IOException {
    try (DiskFile file = disk.create(path)) {
      file.write(MemorySegment.ofArray(bytes), 0, bytes.length);
      file.sync();
    }
  }

  private FaultDisk disk(byte[] manifest) throws IOException {
    FaultDisk disk = new FaultDisk(Seed.from(1), Path.of("/"), DIRECTORY.getParent(), DIRECTORY);
    write(disk, MANIFEST, manifest);
    write(disk, BASE, base);
    write(disk, FIRST, first);
    write(disk, LAST, torn);
    write(disk, HISTORY, base);
    write(disk, JOURNAL, journal());
    return disk;
  }

  private static String check(FaultDisk disk, boolean fixes) {
    CheckSession session = new CheckSession("n");
    return session.ended(new AofCheck(disk, session, fixes, 0).run(MANIFEST.toString()));
  }

  private static boolean start(FaultDisk disk) throws IOException {
    AofDirectory directory =
        new AofDirectory(disk, DIRECTORY.getParent(), "dir", "x", new SilentLog());
    try {
      directory.open();
      for (AofFile file : directory.manifest().loaded()) {
        disk.exists(directory.path(file));
      }
      return true;
    } catch (ManifestException e) {
      assertThat(e.getMessage()).isNotEmpty();
      return false;
    }
  }

  /**
   * Checks that every file has its bytes, and that the commits are in their file or in a journal.
   */
  private void assertNothingLost(FaultDisk disk) throws IOException {
    assertThat(disk.bytes(BASE)).isEqualTo(base);
    assertThat(disk.bytes(FIRST)).isEqualTo(first);
    assertThat(disk.bytes(HISTORY)).isEqualTo(base);
    if (disk.exists(JOURNAL) || disk.exists(UNUSED)) {
      assertThat(disk.bytes(disk.exists(JOURNAL) ? JOURNAL : UNUSED)).isEqualTo(journal());
      assertThat(disk.bytes(LAST)).isEqualTo(torn);
    } else {
      byte[] whole = Arrays.copyOf(before, before.length + committed.length);
      System.arraycopy(committed, 0, whole, before.length, committed.length);
      assertThat(disk.bytes(LAST)).isEqualTo(whole);
    }
  }

  @Test
  void losesNothingByAMutatedManifest() throws Exception {
    int refused = 0;
    for (int round = 0; round < MUTATIONS; round++) {
      torn = Arrays.copyOf(before, before.length + random.nextInt(committed.length));
      System.arraycopy(committed, 0, torn, before.length, torn.length - before.length);
      byte[] manifest = mutated();
      try {
        FaultDisk started = disk(manifest);
        boolean accepted = start(started);
        refused += accepted ? 0 : 1;
        assertNothingLost(started);

        FaultDisk checked = disk(manifest);
        long steps = checked.steps();
        String report = check(checked, false);
        assertThat(checked.steps()).isEqualTo(steps);
        assertThat(report.endsWith("status 0") || report.endsWith("status 1")).isTrue();
        if (report.startsWith("Start checking Multi Part AOF")) { // else no manifest for the tool
          assertThat(report.endsWith("status 0") && !accepted).as(report).isFalse();
        }
        check(checked, true);
        assertNothingLost(checked);
      } catch (RuntimeException | OutOfMemoryError | AssertionError e) {
        fail("round %d: %s".formatted(round, HexFormat.of().formatHex(manifest)), e);
      }
    }
    System.out.printf("ManifestMutationTest: %d of %d refused%n", refused, MUTATIONS);
    assertThat(refused).isBetween(MUTATIONS / 10, MUTATIONS * 9 / 10);
  }
}
