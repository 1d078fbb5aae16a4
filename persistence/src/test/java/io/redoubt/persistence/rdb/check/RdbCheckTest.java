package io.redoubt.persistence.rdb.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.CheckSession;
import io.redoubt.persistence.rdb.RandomCollections;
import io.redoubt.persistence.rdb.RdbContents;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.Rdbs;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the check of an RDB prints the same as Debian's redis-check-rdb. */
class RdbCheckTest {

  /**
   * Reasons for which this check refuses files that the real tool accepts. Redis would load such
   * files silently, with other data than was written.
   */
  private static final List<String> STRICTER =
      List.of(
          "A string encoding where a length belongs",
          "Wrong signature", // invalid digits, of which C parses the valid prefix
          "Nodes of a stream are not in ascending order",
          "integrity check failed"); // the real tool checks the headers of packed values only

  private static final String REPAIRED = "' is repaired when it is loaded: ";
  private static final int FILES = 5;
  private static final int CUTS = 6;

  @TempDir Path folder;

  @BeforeAll
  static void requireRedis() {
    RealRedis.assumeInstalled("redis-check-rdb");
  }

  /** Compares the output for a file that has no types of later versions. */
  private byte[] file(RandomGenerator random) throws IOException {
    while (true) {
      byte[] content =
          random.nextBoolean()
              ? Rdbs.write(Rdbs.randomKeys(random, 8), random.nextBoolean())
              : RandomCollections.file(random, 9 + random.nextInt(2), random.nextBoolean(), 6);
      Files.write(folder.resolve("file.rdb"), content);
      if (real().endsWith("status 0")) {
        return content;
      }
    }
  }

  private String ours(byte[] content) throws IOException {
    Path path = Files.write(folder.resolve("file.rdb"), content);
    CheckSession session = new CheckSession("");
    boolean good = new RdbCheck(new OsDisk(), session).run(path, "file.rdb");
    return session.ended(good ? 0 : 1);
  }

  private String real() throws IOException {
    return CheckSession.real(folder, "", "redis-check-rdb", "file.rdb");
  }

  private void sameFor(byte[] content) throws IOException {
    String ours = ours(content);
    String real = real();
    if (real.contains("Internal error")) { // even for a stream with a missing end
      assertThat(withoutReason(ours)).isEqualTo(withoutReason(real));
    } else {
      assertThat(CheckSession.lines(ours)).isEqualTo(CheckSession.lines(real));
    }
  }

  @Test
  void wholeAndTruncatedFiles() throws IOException {
    RandomGenerator random = Seed.random("RdbCheckTest.wholeAndTruncatedFiles");
    for (int i = 0; i < FILES; i++) {
      byte[] content = file(random);
      sameFor(content);
      for (int k = 0; k < CUTS; k++) {
        sameFor(Arrays.copyOf(content, random.nextInt(content.length)));
      }
    }
  }

  @Test
  void wrongChecksumsAndNone() throws IOException {
    RandomGenerator random = Seed.random("RdbCheckTest.wrongChecksumsAndNone");
    for (int i = 0; i < FILES; i++) {
      byte[] content = file(random);
      content[content.length - 1 - random.nextInt(8)]++;
      sameFor(content);
      Arrays.fill(content, content.length - 8, content.length, (byte) 0);
      sameFor(content);
    }
  }

  /** Compares the output except for the reasons, which refer to Redis' source. */
  @Test
  void corruptFiles() throws IOException {
    RandomGenerator random = Seed.random("RdbCheckTest.corruptFiles");
    int compared = 0;
    for (int i = 0; i < FILES; i++) {
      byte[] whole = file(random);
      Arrays.fill(whole, whole.length - 8, whole.length, (byte) 0);
      for (int k = 0; k < CUTS; k++) {
        byte[] content = whole.clone();
        content[random.nextInt(Math.min(content.length, 300))] = (byte) random.nextInt(256);
        String ours = ours(content);
        String real = real();
        if (isOfLaterVersion(ours, real) || holdsEmptyCollection(content)) {
          continue;
        }
        if (STRICTER.stream().anyMatch(ours::contains)) {
          assertThat(ours).endsWith("status 1");
        } else if (ours.contains(REPAIRED) && real.endsWith("status 1")) {
          assertThat(ours).endsWith("status 0"); // duplicates and scores that are not a number
        } else {
          assertThat(withoutReason(ours)).as("%s%n%s", ours, real).isEqualTo(withoutReason(real));
          compared++;
        }
      }
    }
    assertThat(compared).isGreaterThan(FILES * CUTS / 2);
  }

  /**
   * Returns true if the file has types from 20 on or slot info, which are later than the real tool.
   */
  private static boolean isOfLaterVersion(String ours, String real) {
    return ours.contains("Reading type 2")
        || real.contains("Invalid object type: " + RdbFormat.SLOT_INFO);
  }

  /**
   * Returns true if the file has empty collections, which old versions wrote by mistake. Redis
   * skips them on load; the real tool treats them as the end of the file.
   */
  private static boolean holdsEmptyCollection(byte[] content) {
    RdbContents contents = new RdbContents();
    try (RdbReader reader = new RdbReader(BufferMemory.offHeap(), contents)) {
      reader.feed(MemorySegment.ofArray(content), 0, content.length);
    } catch (RdbException e) {
      return !contents.empty.isEmpty(); // before the corruption
    }
    return !contents.empty.isEmpty();
  }

  private static List<String> withoutReason(String output) {
    List<String> lines = new ArrayList<>(CheckSession.lines(output));
    int error = lines.indexOf("--- RDB ERROR DETECTED ---");
    if (error >= 0) {
      lines.set(error + 1, "reason");
    }
    lines.removeIf(line -> line.startsWith("# ") || line.contains(REPAIRED));
    return lines;
  }
}
