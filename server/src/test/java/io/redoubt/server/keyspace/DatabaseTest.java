package io.redoubt.server.keyspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.RegionFull;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated // it limits the memory of the whole process
final class DatabaseTest {
  private static final long SMALL_BYTES = 32;
  private static final long NOW = 1_700_000_000_000L;

  private final Random random = Seed.random("DatabaseTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final List<Long> gone = new ArrayList<>();
  private final Keyspace keyspace =
      new Keyspace(slabs, 2, random, false, (of, entry) -> gone.add(Entry.expireAt(entry)));
  private final Database database = keyspace.database(0);

  @BeforeEach
  void tellTime() {
    keyspace.setNowMicros(NOW * 1000);
  }

  @AfterEach
  void nothingIsLeft() {
    keyspace.close();
    slabs.close();
  }

  @Test
  void expiresKeysInOrderOfTheirTimes() {
    for (int i = 0; i < 1000; i++) {
      database.setExpiry(put("key:" + i), NOW + random.nextInt(500));
    }
    assertThat(keyspace.expireDue(10)).isZero();
    keyspace.setNowMicros((NOW + 250) * 1000);
    assertThat(keyspace.nextDueMillis()).isLessThan(NOW + 10);
    assertThat(keyspace.expireDue(100)).isEqualTo(100);
    assertThat(keyspace.expireDue(1000)).isLessThan(1000);
    assertThat(keyspace.nextDueMillis()).isGreaterThanOrEqualTo(NOW + 250);
    assertThat(gone).isSorted().allMatch(millis -> millis < NOW + 250);
    assertThat(database.size()).isEqualTo(1000 - gone.size());
    assertThat(database.expiries().size()).isEqualTo(database.size());
  }

  @Test
  void aReplicaRemovesNothingByItself() {
    database.setExpiry(put("key"), NOW - 1);
    keyspace.setExpiredKeys(ExpiredKeys.HIDE);
    assertThat(keyspace.expireDue(10)).isZero();
    assertThat(database.size()).isEqualTo(1);
  }

  @Test
  void estimatesTheAverageTimeToLive() {
    assertThat(database.expiries().averageTtlMillis(keyspace.nowMillis())).isZero();
    for (int i = 0; i < 10_000; i++) {
      database.setExpiry(put("key:" + i), NOW + i);
    }
    assertThat(database.expiries().averageTtlMillis(keyspace.nowMillis())).isBetween(4500L, 5500L);
  }

  @Test
  void freesALongStringWithoutMemoryForItsEntry() {
    List<Long> taken = new ArrayList<>();
    String text = "v".repeat(5000);
    try (RegionArgument key = RegionArgument.of(slabs, "key");
        RegionArgument value = RegionArgument.of(slabs, text)) {
      long block = slabs.allocateFar(text.length()); // leaves room for the value only
      Region.limit(0);
      takeAll(taken);
      slabs.free(block, text.length());
      long before = slabs.usedBytes();
      assertThatThrownBy(() ->
              database.putText(
                  key.address(), key.length(), value.address(), value.length(), Entry.NO_EXPIRY))
          .isInstanceOf(RegionFull.class);
      assertThat(slabs.usedBytes()).isEqualTo(before);
      assertThat(database.size()).isZero();
    } finally {
      Region.limit(Long.MAX_VALUE);
      taken.forEach(entry -> slabs.free(entry, SMALL_BYTES));
    }
  }

  /** Takes all remaining room for small entries. */
  private void takeAll(List<Long> taken) {
    try {
      while (true) {
        taken.add(slabs.allocate(SMALL_BYTES));
      }
    } catch (RegionFull full) {
      return;
    }
  }

  @Test
  void freesFlushedEntriesInSlices() {
    for (int i = 0; i < 5000; i++) {
      database.setExpiry(put("key:" + i), NOW + i);
    }
    long before = slabs.usedBytes();
    database.clear();
    assertThat(database.size()).isZero();
    assertThat(database.expiries().size()).isZero();
    assertThat(keyspace.garbageCount()).isEqualTo(5000);
    put("key:1");
    int slices = 0;
    while (keyspace.freeSome(100) > 0) {
      slices++;
    }
    assertThat(slices).isGreaterThan(40);
    assertThat(keyspace.garbageCount()).isZero();
    assertThat(slabs.usedBytes()).isLessThan(before / 100);
  }

  @Test
  void aWalkContinuesOverFlushedEntries() {
    for (int i = 0; i < 1000; i++) {
      put("key:" + i);
    }
    List<Long> walked = new ArrayList<>();
    Walk walk = keyspace.startWalk((index, entry) -> walked.add(entry));
    walk.step(100, (index, entry) -> walked.add(entry));
    keyspace.clear();
    put("new");
    assertThat(keyspace.freeSome(100)).isZero();
    while (walk.step(100, (index, entry) -> walked.add(entry))) {
      assertThat(walk.isDone()).isFalse();
    }
    assertThat(walked).hasSize(1000).doesNotHaveDuplicates();
    assertThat(keyspace.garbageCount()).isEqualTo(1000);
    walk.close();
    assertThat(keyspace.freeSome(100_000)).isGreaterThanOrEqualTo(1000);
  }

  @Test
  void walksSwappedDatabasesUnderTheirOldIndex() {
    put("a");
    List<Integer> walkedAs = new ArrayList<>();
    Walk walk = keyspace.startWalk((index, entry) -> walkedAs.add(index));
    keyspace.swap(0, 1);
    assertThat(database.size()).isZero();
    keyspace.database(1).remove(find(keyspace.database(1), "a"));
    assertThat(walkedAs).containsExactly(0);
    walk.close();
  }

  @Test
  void countsIdleTimesInSeconds() {
    long entry = put("key");
    keyspace.setNowMicros((NOW + 7500) * 1000);
    assertThat(keyspace.accessClock().idleSeconds(entry, keyspace.nowMillis())).isEqualTo(7);
    database.touch(entry);
    assertThat(keyspace.accessClock().idleSeconds(entry, keyspace.nowMillis())).isZero();
    keyspace.accessClock().idleSeconds(entry, 1000, keyspace.nowMillis());
    assertThat(keyspace.accessClock().idleSeconds(entry, keyspace.nowMillis())).isEqualTo(1000);
    assertThat(Entry.keyLength(entry)).isEqualTo(3);
  }

  @Test
  void countsAccessesLogarithmicallyWithDecay() {
    keyspace.accessClock().selectLfu(10, 1);
    long entry = put("key");
    assertThat(keyspace.accessClock().frequency(entry, keyspace.nowMillis())).isEqualTo(5);
    for (int i = 0; i < 1000; i++) {
      database.touch(entry);
    }
    int counted = keyspace.accessClock().frequency(entry, keyspace.nowMillis());
    assertThat(counted).isBetween(8, 40);
    keyspace.setNowMicros((NOW + 3 * 60_000) * 1000);
    assertThat(keyspace.accessClock().frequency(entry, keyspace.nowMillis()))
        .isEqualTo(counted - 3);
    keyspace.accessClock().frequency(entry, 200, keyspace.nowMillis());
    assertThat(keyspace.accessClock().frequency(entry, keyspace.nowMillis())).isEqualTo(200);
    // A new value must not reset the frequency of the key's use.
    put("key");
    assertThat(keyspace.accessClock().frequency(find(database, "key"), keyspace.nowMillis()))
        .isEqualTo(200);
  }

  private long put(String key) {
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      return database.putInteger(argument.address(), argument.length(), 1, Entry.NO_EXPIRY);
    }
  }

  private long find(Database in, String key) {
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      return in.find(argument.address(), argument.length());
    }
  }
}
