package io.redoubt.server.snapshot.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.loading.LoadRule;
import io.redoubt.server.snapshot.Bench;
import io.redoubt.server.snapshot.LargeChanges;
import io.redoubt.server.snapshot.SaveOutcome;
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
      try (Bench bench = bench(random)) {
        LargeChanges changes = new LargeChanges(bench, random);
        for (int snapshot = 0; snapshot < 3; snapshot++) {
          fill(bench, changes, random);
          Map<String, Bench.Value> before = bench.contents();
          assertThat(bench.snapshots.saveInBackground(false)).isEqualTo(SaveOutcome.STARTED);
          changeMeanwhile(bench, changes, random, 400);
          bench.turns.turnUntil(() -> !bench.snapshots.isRunning());
          assertThat(Bench.load(bench.file(), KEEP_ALL)).isEqualTo(before);
          drainGarbage(bench);
        }
      }
    }
  }

  @Test
  void anAbortedSnapshotLeaksNothing() {
    RandomGenerator random = Seed.random("LargeValuesTest");
    for (int round = 0; round < 5; round++) {
      try (Bench bench = bench(random)) {
        LargeChanges changes = new LargeChanges(bench, random);
        for (int snapshot = 0; snapshot < 3; snapshot++) {
          fill(bench, changes, random);
          bench.snapshots.saveInBackground(false);
          changeMeanwhile(bench, changes, random, random.nextInt(100));
          bench.snapshots.abortSave();
          bench.turns.turnUntil(() -> !bench.snapshots.isRunning());
          drainGarbage(bench);
        }
      }
    }
  }

  private Bench bench(RandomGenerator random) {
    Bench bench = new Bench(directory);
    bench.version = RdbFormat.NEWEST_VERSION; // older versions lose some details of streams
    bench.largeElements = random.nextInt(200);
    bench.clock.stepNanos = 130_000; // two steps a slice
    return bench;
  }

  private static void fill(Bench bench, LargeChanges changes, RandomGenerator random) {
    Type[] types = Type.values();
    for (int i = 0; i < KEYS; i++) {
      int database = random.nextInt(DATABASES);
      String key = "key:" + i;
      if (bench.find(database, key) == 0) {
        Type type = types[random.nextInt(types.length)];
        changes.make(bench.keyspace.database(database), key, type);
      }
    }
  }

  private static void changeMeanwhile(
      Bench bench, LargeChanges changes, RandomGenerator random, int turns) {
    int changesATurn = random.nextInt(30);
    for (int turn = 0; turn < turns && bench.snapshots.isRunning(); turn++) {
      for (int i = 0; i < changesATurn; i++) {
        change(bench, changes, random);
      }
      bench.keyspace.freeSome(random.nextInt(40));
      bench.turns.turn();
      Thread.onSpinWait();
    }
  }

  private static void change(Bench bench, LargeChanges changes, RandomGenerator random) {
    int index = random.nextInt(DATABASES);
    Database database = bench.keyspace.database(index);
    String key = "key:" + random.nextInt(KEYS);
    long entry = bench.find(index, key);
    int what = random.nextInt(300);
    if (what < 3) {
      bench.clock.wallMillis += random.nextInt(100);
      bench.keyspace.nowMicros(bench.clock.wallMillis * 1000);
      bench.keyspace.expireDue(20);
    } else if (entry == 0) {
      if (what < 20) {
        changes.make(database, key, Type.values()[random.nextInt(6)]);
      }
    } else if (what < 290) {
      changes.change(database, entry);
    } else {
      changeKey(bench, random, database, key, entry);
    }
  }

  private static void changeKey(
      Bench bench, RandomGenerator random, Database database, String key, long entry) {
    String other = "key:" + random.nextInt(KEYS);
    switch (random.nextInt(9)) {
      case 0 -> database.remove(entry);
      case 1 -> bench.set(database.index(), key, "a string", -1);
      case 2 -> Transfers.rename(database, entry, bench.key(other), other.length());
      case 3 -> Transfers.copy(database, entry, database, bench.key(other), other.length());
      case 4 -> Transfers.move(database, entry, bench.keyspace.database(1 - database.index()));
      case 5 -> database.setExpiry(entry, bench.clock.wallMillis + random.nextInt(300));
      case 6 -> database.persist(entry);
      case 7 -> bench.keyspace.swap(0, 1);
      default -> {
        if (random.nextInt(4) == 0) {
          database.clear(random.nextBoolean());
        }
      }
    }
  }

  private static void drainGarbage(Bench bench) {
    while (bench.keyspace.freeSome(1000) > 0) {
      continue;
    }
  }
}
