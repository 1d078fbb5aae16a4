package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.value.StringValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that the file has the state of the keyspace at the start, whatever is written during the
 * walk.
 */
class SnapshotConsistencyTest {

  private static final LoadRule KEEP_ALL = new LoadRule(false, false, true);

  @TempDir Path directory;

  @Test
  void savesTheStateAtTheStart() throws IOException, RdbException {
    RandomGenerator random = Seed.random("SnapshotConsistencyTest");
    for (int round = 0; round < 8; round++) {
      try (SnapshotFixture fixture = new SnapshotFixture(directory)) {
        fixture.version =
            RdbFormat.NEWEST_VERSION - round % 2; // older versions lose some details of streams
        fixture.compress = random.nextBoolean();
        int keys = 1 << random.nextInt(13);
        for (int i = 0; i < keys; i++) {
          change(fixture, random, keys, 0);
        }
        for (int snapshot = 0; snapshot < 2; snapshot++) {
          Map<String, SnapshotFixture.Value> before = fixture.contents();
          assertThat(fixture.snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
          int changesATurn = random.nextInt(60);
          while (fixture.snapshots.isRunning()) {
            for (int i = 0; i < changesATurn; i++) {
              change(fixture, random, keys, 1);
            }
            fixture.turns.turn();
            Thread.onSpinWait();
          }
          assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).isEqualTo(before);
          drainGarbage(fixture);
        }
      }
    }
  }

  private static void drainGarbage(SnapshotFixture fixture) {
    while (fixture.keyspace.freeSome(1000) > 0) {
      continue;
    }
  }

  /** Makes one random change; the rare large ones only when wild is 1. */
  private static void change(SnapshotFixture fixture, RandomGenerator random, int keys, int wild)
      throws RdbException {
    int index = random.nextInt(3);
    Database database = fixture.keyspace.database(index);
    String key = "key:" + random.nextInt(keys * 2);
    int what = random.nextInt(100);
    if (what < 15) {
      byte[] payload = new RandomValues(random).payload();
      RandomValues.restore(fixture, index, key, payload, expiry(fixture, random));
      return;
    }
    if (what < 50) {
      fixture.set(index, key, value(random), expiry(fixture, random));
      return;
    }
    if (what < 57) {
      fixture.clock.wallMillis += random.nextInt(50);
      fixture.keyspace.setNowMicros(fixture.clock.wallMillis * 1000);
      fixture.keyspace.expireDue(100);
      return;
    }
    if (wild == 1 && random.nextInt(400) == 0) {
      switch (random.nextInt(4)) {
        case 0 -> fixture.keyspace.clear();
        case 1 -> database.clear();
        default -> fixture.keyspace.swap(random.nextInt(3), random.nextInt(3));
      }
      return;
    }
    if (what < 65) {
      fixture.delete(index, key);
      return;
    }
    long entry = fixture.find(index, key);
    if (entry == 0) {
      return;
    }
    if (!Entry.isString(entry) && random.nextInt(3) > 0) {
      new RandomChanges(fixture, random).change(database, entry);
      return;
    }
    String other = "key:" + random.nextInt(keys * 2);
    switch (random.nextInt(7)) {
      case 0 -> Transfers.rename(database, entry, fixture.key(other), other.length());
      case 1 -> database.setExpiry(entry, expiry(fixture, random) + 1_000_000);
      case 2 -> database.persist(entry);
      case 3 -> {
        if (Entry.isString(entry) && StringValue.isInteger(entry)) {
          StringValue.setInteger(database, entry, random.nextLong());
        }
      }
      case 4 -> {
        if (Entry.isString(entry)) {
          StringValue.append(database, entry, fixture.value("more"), 4);
        }
      }
      case 5 -> {
        if (Entry.isString(entry)) {
          StringValue.setRange(database, entry, random.nextInt(300), fixture.value("xyz"), 3);
        } else {
          Transfers.copy(database, entry, database, fixture.key(other), other.length());
        }
      }
      default -> {
        int to = random.nextInt(3);
        if (to != index && fixture.find(to, key) == 0) {
          Transfers.move(database, fixture.find(index, key), fixture.keyspace.database(to));
        }
      }
    }
  }

  private static String value(RandomGenerator random) {
    return switch (random.nextInt(6)) {
      case 0 -> Integer.toString(random.nextInt());
      case 1 -> "compressible ".repeat(random.nextInt(40));
      case 2 -> random.nextInt(50) == 0 ? "big".repeat(random.nextInt(30_000)) : "";
      default -> Long.toHexString(random.nextLong());
    };
  }

  private static long expiry(SnapshotFixture fixture, RandomGenerator random) {
    return random.nextBoolean() ? -1 : fixture.clock.wallMillis + 1 + random.nextInt(2_000);
  }
}
