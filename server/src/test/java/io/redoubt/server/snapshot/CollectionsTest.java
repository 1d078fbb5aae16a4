package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.protocol.Seed;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.snapshot.export.DatasetDigest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Saves and loads collections as payloads and files, with the allocator's leak checks. */
class CollectionsTest {

  private static final LoadRule MASTER = new LoadRule(true, false, true);
  private static final int FOOTER_BYTES = 10;
  private static final int MUTATIONS = Integer.getInteger("redoubt.mutations", 10_000);

  @TempDir Path directory;

  @Test
  void comeBackFromPayloadsOfEveryVersion() throws RdbException {
    RandomGenerator random = Seed.random("CollectionsTest");
    RandomValues values = new RandomValues(random);
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      for (int round = 0; round < 1000; round++) {
        long entry = RandomValues.restore(fixture, 0, "first", values.payload(), -1);
        String shown = fixture.describe(entry);
        boolean compress = random.nextBoolean();
        for (int version = 11; version <= 12; version++) {
          byte[] again = fixture.dump(entry, version, compress);
          long restored = RandomValues.restore(fixture, 0, "second", again, -1);
          assertThat(fixture.describe(restored)).isEqualTo(shown);
        }
        long plain =
            RandomValues.restore(fixture, 0, "second", fixture.dump(entry, 9, compress), -1);
        if (!shown.startsWith("STREAM")) {
          assertThat(new DatasetDigest(fixture.values).ofValue(plain))
              .isEqualTo(new DatasetDigest(fixture.values).ofValue(entry));
        }
      }
    }
  }

  @Test
  void comeBackFromFilesOfEveryVersion() throws IOException, RdbException {
    RandomGenerator random = Seed.random("CollectionsTest");
    RandomValues values = new RandomValues(random);
    for (int version = 11; version <= 12; version++) {
      try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
        fixture.version = version;
        for (int i = 0; i < 300; i++) {
          long expireAt = random.nextBoolean() ? -1 : fixture.clock.wallMillis + 1_000_000;
          RandomValues.restore(fixture, i % 3, "key:" + i, values.payload(), expireAt);
        }
        Map<String, SnapshotFixture.Value> all = fixture.contents();
        fixture.snapshots.save();
        assertThat(SnapshotFixture.load(fixture.file(), MASTER)).isEqualTo(all);
      }
    }
  }

  @Test
  void aCorruptPayloadLeavesTheOldValue() throws RdbException {
    RandomGenerator random = Seed.random("CollectionsTest");
    RandomValues values = new RandomValues(random);
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      fixture.set(0, "key", "old", -1);
      for (int i = 0; i < 200; i++) {
        byte[] payload = values.payload();
        int cut = 1 + random.nextInt(payload.length - FOOTER_BYTES);
        byte[] corrupt = Arrays.copyOf(payload, payload.length - cut);
        assertThatThrownBy(() -> RandomValues.restore(fixture, 0, "key", corrupt, -1))
            .isInstanceOf(RdbException.class);
        assertThat(fixture.contents()).containsOnlyKeys("0/key");
        assertThat(fixture.contents()).containsEntry("0/key", new SnapshotFixture.Value("old", -1));
      }
    }
  }

  /** Checks that each accepted value can be dumped, iterated, changed and removed. */
  @Test
  void mutatedPayloadsYieldAValueOrAnError() {
    RandomGenerator random = Seed.random("CollectionsTest");
    RandomValues values = new RandomValues(random);
    int refused = 0;
    try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
      byte[] valid = values.payload();
      for (int round = 0; round < MUTATIONS; round++) {
        if (round % 5 == 0) {
          valid = values.payload();
        }
        byte[] corrupt = mutated(valid, random);
        try {
          long entry = RandomValues.restore(fixture, 0, "key", corrupt, -1);
          byte[] again = fixture.dump(entry, random.nextInt(9, 13), random.nextBoolean());
          String shown = fixture.describe(entry);
          long restored = RandomValues.restore(fixture, 0, "copy", again, -1);
          assertThat(new DatasetDigest(fixture.values).ofValue(restored))
              .as("%s", HexFormat.of().formatHex(corrupt))
              .isEqualTo(new DatasetDigest(fixture.values).ofValue(fixture.find(0, "key")));
          assertThat(shown).isNotEmpty();
          fixture.delete(0, "copy");
          if (random.nextBoolean()) {
            fixture.delete(0, "key");
          }
        } catch (RdbException e) {
          refused++;
          assertThat(e.getMessage()).isNotEmpty();
        } catch (RuntimeException | OutOfMemoryError | AssertionError e) {
          fail("round " + round + ": " + HexFormat.of().formatHex(corrupt), e);
        }
        fixture.keyspace.freeSome(1000);
      }
    }
    assertThat(refused).isBetween(MUTATIONS / 5, MUTATIONS * 99 / 100);
  }

  private static byte[] mutated(byte[] valid, RandomGenerator random) {
    byte[] bytes = valid.clone();
    int body = bytes.length - FOOTER_BYTES;
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(random.nextInt(3) == 0 ? Math.min(body, 12) : body);
      switch (random.nextInt(4)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] += (byte) (random.nextInt(3) - 1);
        default -> {
          int from = random.nextInt(body);
          int run = Math.min(20, body - Math.max(at, from));
          System.arraycopy(bytes, from, bytes, at, run);
        }
      }
    }
    return bytes;
  }
}
