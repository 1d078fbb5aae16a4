package io.redoubt.persistence.aof;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.aof.check.CheckAborted;
import io.redoubt.persistence.aof.check.CheckInput;
import io.redoubt.persistence.aof.check.CommandCheck;
import io.redoubt.persistence.io.DiskFile;
import io.redoubt.persistence.io.FaultDisk;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Tests that the reader loads a prefix of a corrupt file or refuses it, and accepts nothing that
 * the check tool refuses. {@code -Dredoubt.mutations=N} runs N changes.
 */
class AofMutationTest {

  private static final int ROUNDS = Integer.getInteger("redoubt.mutations", 6_000);
  private static final Path FILE = Path.of("/file.aof");

  private final FaultDisk disk = new FaultDisk(Seed.from(1), Path.of("/"));

  private static byte[] commands(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < 6; i++) {
      if (random.nextInt(3) == 0) {
        out.writeBytes(RequestEncoder.encode("MULTI"));
        out.writeBytes(RequestEncoder.encode("SET", "key" + i, "v".repeat(random.nextInt(20))));
        out.writeBytes(RequestEncoder.encode("EXEC"));
      } else {
        out.writeBytes(RequestEncoder.encode("APPEND", "key", "\r\n*1\r\n$" + i));
      }
    }
    return out.toByteArray();
  }

  private static byte[] changed(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(5)) {
      case 0 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 3 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + random.nextInt(60)), (byte) 0);
      default -> {
        int from = random.nextInt(bytes.length);
        int count = Math.min(random.nextInt(40), bytes.length - Math.max(at, from));
        System.arraycopy(whole, from, bytes, at, count);
      }
    }
    return bytes;
  }

  /** Returns the length of the prefix that the check tool accepts. */
  private long checked() throws IOException, CheckAborted {
    try (DiskFile file = disk.read(FILE)) {
      CommandCheck check = new CommandCheck(new CheckInput(file), "file.aof", "file.aof", 1);
      check.run(0);
      return check.validBytes();
    }
  }

  @Test
  void isAtLeastAsStrictAsTheCheck() throws Exception {
    Random random = Seed.random("AofMutationTest");
    byte[] whole = {};
    int complete = 0;
    int truncated = 0;
    int refused = 0;
    int alike = 0;
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 100 == 0) {
        whole = commands(random);
      }
      byte[] bytes = changed(whole, random);
      try (DiskFile file = disk.create(FILE)) {
        file.write(MemorySegment.ofArray(bytes), 0, bytes.length);
      }
      long valid;
      try (CommandRecorder told = new CommandRecorder();
          DiskFile file = disk.read(FILE);
          AofReader reader = new AofReader(BufferMemory.offHeap(), file, "file.aof", told)) {
        while (reader.step()) {
          continue;
        }
        valid = reader.validBytes();
        if (reader.isTruncated()) {
          truncated++;
        } else {
          complete++;
          assertThat(valid).isEqualTo(bytes.length);
        }
      } catch (AofException e) {
        refused++;
        valid = e.validBytes();
      } catch (RdbException e) {
        throw new AssertionError("no change makes an RDB of it", e);
      }
      long checked = checked();
      assertThat(valid).isLessThanOrEqualTo(checked);
      alike += valid == checked ? 1 : 0;
    }
    System.out.printf(
        "AofMutationTest: %d complete, %d truncated, %d refused%n", complete, truncated, refused);
    assertThat(complete).isGreaterThan(ROUNDS / 20);
    assertThat(truncated).isGreaterThan(ROUNDS / 20);
    assertThat(refused).isGreaterThan(ROUNDS / 20);
    assertThat(alike).as("but for numbers like +1 they agree").isGreaterThan(ROUNDS * 98 / 100);
  }
}
