package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.protocol.Seed;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Tests that corrupt bytes yield a value or an RdbException, and nothing else. {@code
 * -Dredoubt.mutations=N} runs N of each kind.
 */
class RdbMutationTest {

  private static final int ROUNDS = Integer.getInteger("redoubt.mutations", 10_000);

  private static byte[] mutate(byte[] valid, RandomGenerator random) {
    byte[] bytes = valid.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) (0xc0 + random.nextInt(64));
        case 3 -> {
          if (bytes.length > 12) {
            bytes = Arrays.copyOf(bytes, bytes.length - 1 - random.nextInt(10));
          }
        }
        default -> {
          int from = random.nextInt(bytes.length);
          int run = Math.min(20, bytes.length - Math.max(at, from));
          System.arraycopy(bytes, from, bytes, at, run);
        }
      }
    }
    return bytes;
  }

  @Test
  void survivesMutatedFiles() {
    RandomGenerator random = Seed.random("RdbMutationTest");
    byte[] file = {};
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 500 == 0) {
        file =
            random.nextBoolean()
                ? Rdbs.write(Rdbs.randomKeys(random, 6), true)
                : RandomCollections.file(random, random.nextInt(9, 13), random.nextBoolean(), 6);
        Arrays.fill(file, file.length - 8, file.length, (byte) 0); // no checksum: get deeper
      }
      byte[] corrupt = mutate(file, random);
      try {
        Rdbs.read(
            corrupt, 1 + random.nextInt(100_000), random, random.nextBoolean() ? 64 : 1 << 16);
      } catch (RdbException e) {
        refused++;
        assertThat(e.offset()).isBetween(0L, (long) corrupt.length);
        assertThat(e.getMessage()).isNotEmpty();
      } catch (RuntimeException | OutOfMemoryError | AssertionError e) {
        fail("round " + round, e);
      }
    }
    System.out.printf("RdbMutationTest: %d of %d files refused%n", refused, ROUNDS);
    assertThat(refused).isBetween(ROUNDS / 10, ROUNDS * 9 / 10);
  }

  @Test
  void survivesMutatedPayloads() {
    RandomGenerator random = Seed.random("RdbMutationTest");
    byte[][] valid = new byte[4][];
    valid[0] = HexFormat.of().parseHex("00c0050a00" + "0".repeat(16));
    valid[1] = HexFormat.of().parseHex("000568656c6c6f0a00" + "0".repeat(16));
    valid[2] = HexFormat.of().parseHex("00c30740640161626162e05a010a00" + "0".repeat(16));
    valid[3] = HexFormat.of().parseHex("008000000003616263" + "0a00" + "0".repeat(16));
    int refused = 0;
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] corrupt = mutate(valid[round & 3], random);
      if (corrupt.length < 10) {
        continue;
      }
      try {
        DumpPayloadTest.read(corrupt, new RdbContents());
        accepted++;
      } catch (RdbException e) {
        refused++;
        assertThat(e.getMessage()).isNotEmpty();
      } catch (RuntimeException | OutOfMemoryError e) {
        fail("round " + round + " " + HexFormat.of().formatHex(corrupt), e);
      }
    }
    System.out.printf("RdbMutationTest: %d payloads refused, %d accepted%n", refused, accepted);
    assertThat(refused).isGreaterThan(ROUNDS / 10);
    assertThat(accepted).isGreaterThan(ROUNDS / 100);
  }
}
