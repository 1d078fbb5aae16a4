package io.redoubt.server.snapshot.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.snapshot.LargeChanges;
import io.redoubt.server.snapshot.SaveOutcome;
import io.redoubt.server.snapshot.SnapshotFixture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests large values that change while a snapshot saves them part by part. */
class LargeValuesTest {

  private static final LoadRule KEEP_ALL = new LoadRule(false, false, true);
  private static final int KEYS = 12;
  private static final int DATABASES = 2;

  @TempDir Path directory;

  @Test
  void savesLargeValuesAsTheyWereAtTheStart() throws IOException, RdbException {
    RandomGenerator random = Seed.random("LargeValuesTest");
    for (int round = 0; round < 8; round++) {
      try (SnapshotFixture fixture = fixture(random)) {
        LargeChanges changes = new LargeChanges(fixture, random);
        for (int snapshot = 0; snapshot < 3; snapshot++) {
          fill(fixture, changes, random);
          Map<String, SnapshotFixture.Value> before = fixture.contents();
          assertThat(fixture.snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
          changeMeanwhile(fixture, changes, random, 400);
          fixture.turns.turnUntil(() -> !fixture.snapshots.isRunning());
          assertThat(SnapshotFixture.load(fixture.file(), KEEP_ALL)).isEqualTo(before);
          drainGarbage(fixture);
        }
      }
    }
  }

  @Test
  void anAbortedSnapshotLeaksNothing() {
    RandomGenerator random = Seed.random("LargeValuesTest");
    for (int round = 0; round < 5; round++) {
      try (SnapshotFixture fixture = fixture(random)) {
        LargeChanges changes = new LargeChanges(fixture, random);
        for (int snapshot = 0; snapshot < 3; snapshot++) {
          fill(fixture, changes, random);
          fixture.snapshots.saveInBackground(false);
          changeMeanwhile(fixture, changes, random, random.nextInt(100));
          fixture.snapshots.abortSave();
          fixture.turns.turnUntil(() -> !fixture.snapshots.isRunning());
          drainGarbage(fixture);
        }
      }
    }
  }

  private SnapshotFixture fixture(RandomGenerator random) {
    SnapshotFixture fixture = new SnapshotFixture(directory);
    fixture.version = RdbFormat.NEWEST_VERSION; // older versions lose some details of streams
    fixture.largeElements = random.nextInt(200);
    fixture.clock.stepNanos = 130_000; // two steps a slice
    return fixture;
  }

  private static void fill(SnapshotFixture fixture, LargeChanges changes, RandomGenerator random) {
    Type[] types = Type.values();
    for (int i = 0; i < KEYS; i++) {
      int database = random.nextInt(DATABASES);
      String key = "key:" + i;
      if (fixture.find(database, key) == 0) {
        Type type = types[random.nextInt(types.length)];
        changes.make(fixture.keyspace.database(database), key, type);
      }
    }
  }

  private static void changeMeanwhile(
      SnapshotFixture fixture, LargeChanges changes, RandomGenerator random, int turns) {
    int changesATurn = random.nextInt(30);
    for (int turn = 0; turn < turns && fixture.snapshots.isRunning(); turn++) {
      for (int i = 0; i < changesATurn; i++) {
        change(fixture, changes, random);
      }
      fixture.keyspace.freeSome(random.nextInt(40));
      fixture.turns.turn();
      Thread.onSpinWait();
    }
  }

  private static void change(
      SnapshotFixture fixture, LargeChanges changes, RandomGenerator random) {
    int index = random.nextInt(DATABASES);
    Database database = fixture.keyspace.database(index);
    String key = "key:" + random.nextInt(KEYS);
    long entry = fixture.find(index, key);
    int what = random.nextInt(300);
    if (what < 3) {
      fixture.clock.wallMillis += random.nextInt(100);
      fixture.keyspace.setNowMicros(fixture.clock.wallMillis * 1000);
      fixture.keyspace.expireDue(20);
    } else if (entry == 0) {
      if (what < 20) {
        changes.make(database, key, Type.values()[random.nextInt(6)]);
      }
    } else if (what < 290) {
      changes.change(database, entry);
    } else {
      changeKey(fixture, random, database, key, entry);
    }
  }

  private static void changeKey(
      SnapshotFixture fixture, RandomGenerator random, Database database, String key, long entry) {
    String other = "key:" + random.nextInt(KEYS);
    switch (random.nextInt(9)) {
      case 0 -> database.remove(entry);
      case 1 -> fixture.set(database.index(), key, "a string", -1);
      case 2 -> Transfers.rename(database, entry, fixture.key(other), other.length());
      case 3 -> Transfers.copy(database, entry, database, fixture.key(other), other.length());
      case 4 -> Transfers.move(database, entry, fixture.keyspace.database(1 - database.index()));
      case 5 -> database.setExpiry(entry, fixture.clock.wallMillis + random.nextInt(300));
      case 6 -> database.persist(entry);
      case 7 -> fixture.keyspace.swap(0, 1);
      default -> {
        if (random.nextInt(4) == 0) {
          database.clear();
        }
      }
    }
  }

  private static void drainGarbage(SnapshotFixture fixture) {
    while (fixture.keyspace.freeSome(1000) > 0) {
      continue;
    }
  }
}
