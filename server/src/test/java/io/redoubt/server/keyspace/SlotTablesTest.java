package io.redoubt.server.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A database with a table for each hash slot: its memory, scans, random keys and dropped slots. */
final class SlotTablesTest {
  private static final int MOST_EMPTY_BYTES = 400_000;
  private static final int MOST_UNUSED_BYTES = 1000;

  private final Random random = Seed.random("SlotTablesTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final long unusedBytes = slabs.usedBytes();
  private final List<String> expired = new ArrayList<>();
  private final Keyspace keyspace =
      new Keyspace(slabs, 1, random, true, (where, entry) -> expired.add(keyOf(entry)));
  private final Database database = keyspace.database(0);
  private final KeyspaceSlots slots = new KeyspaceSlots(keyspace);

  @AfterEach
  void close() {
    keyspace.close();
    slabs.close();
    assertThat(slabs.usedBytes()).isEqualTo(unusedBytes);
  }

  private void set(String key) {
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      database.putInteger(argument.address(), argument.length(), 1, Entry.NO_EXPIRY);
    }
  }

  private boolean delete(String key) {
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      return database.delete(argument.address(), argument.length());
    }
  }

  private static String keyOf(long entry) {
    return new String(
        Region.toByteArray(Entry.keyAddress(entry), Entry.keyLength(entry)),
        StandardCharsets.ISO_8859_1);
  }

  private static int slot(String key) {
    return KeySlot.of(key.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void emptySlotsTakeLittleAndFreedOnesNothing() {
    assertThat(slabs.usedBytes() - unusedBytes).isLessThan(MOST_UNUSED_BYTES);
    assertThat(database.tableBytes()).isZero();
    set("first");
    assertThat(delete("first")).isTrue();
    long emptyBytes = slabs.usedBytes();
    assertThat(emptyBytes - unusedBytes).isLessThan(MOST_EMPTY_BYTES);
    assertThat(database.tableBytes()).isLessThan(MOST_EMPTY_BYTES);
    for (int i = 0; i < 100_000; i++) {
      set("key:" + i);
    }
    assertThat(database.tableBytes()).isLessThan(MOST_EMPTY_BYTES + 100_000 * 40);
    for (int i = 0; i < 100_000; i++) {
      assertThat(delete("key:" + i)).isTrue();
    }
    assertThat(slabs.usedBytes()).isEqualTo(emptyBytes);
  }

  @Test
  void countsAndListsTheKeysOfASlot() {
    Map<Integer, Set<String>> model = new HashMap<>();
    for (int i = 0; i < 30_000; i++) {
      String key = i % 4 == 0 ? "{hot}" + i : "key:" + random.nextInt();
      set(key);
      model.computeIfAbsent(slot(key), each -> new HashSet<>()).add(key);
    }
    long total = 0;
    for (int slot = 0; slot < SlotSet.SLOTS; slot++) {
      Set<String> keys = model.getOrDefault(slot, Set.of());
      assertThat(slots.count(slot)).isEqualTo(keys.size());
      Set<String> listed = new HashSet<>();
      long cursor = 0;
      do {
        cursor = slots.scan(database, slot, cursor, entry -> listed.add(keyOf(entry)));
      } while (cursor != 0);
      assertThat(listed).isEqualTo(keys);
      total += keys.size();
    }
    assertThat(database.size()).isEqualTo(total);
  }

  /** Scans while slots grow from nothing, shrink to nothing, and are dropped. */
  @Test
  void scansReturnEveryKeyThatStays() {
    Set<String> staying = new HashSet<>();
    Set<Integer> stayingSlots = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      String key = i % 3 == 0 ? "{" + i % 5 + "}stays:" + i : "stays:" + i;
      set(key);
      staying.add(key);
      stayingSlots.add(slot(key));
    }
    List<String> passing = new ArrayList<>();
    for (int scan = 0; scan < 8; scan++) {
      int change = 1 + random.nextInt(scan % 2 == 0 ? 30 : 3);
      boolean grows = random.nextBoolean();
      Set<String> seen = new HashSet<>();
      long cursor = 0;
      do {
        cursor = database.scan(cursor, entry -> seen.add(keyOf(entry)));
        for (int i = random.nextInt(change); i > 0; i--) {
          changePassing(passing, grows && random.nextInt(5) > 0, stayingSlots);
        }
      } while (cursor != 0);
      assertThat(seen).containsAll(staying);
    }
  }

  private void changePassing(List<String> passing, boolean add, Set<Integer> stayingSlots) {
    int number = random.nextInt(1_000_000);
    if (add && passing.size() < 40_000) {
      String key = number % 2 == 0 ? "{" + number % 9 + "}passes:" + number : "passes:" + number;
      set(key);
      passing.add(key);
    } else if (!passing.isEmpty()) {
      int chosen = random.nextInt(passing.size());
      String key = passing.get(chosen);
      passing.set(chosen, passing.getLast());
      passing.removeLast();
      if (number % 100 == 0 && !stayingSlots.contains(slot(key))) {
        slots.drop(slot(key));
      } else {
        delete(key);
      }
    }
  }

  @Test
  void aScanForATagLooksOnlyAtItsSlot() {
    Set<String> tagged = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      set("{tag}" + i);
      tagged.add("{tag}" + i);
      set("other:" + i);
    }
    assertThat(scanned("{tag}*")).isEqualTo(tagged);
    assertThat(scanned("{nothing}*")).isEmpty();
    assertThat(scanned("*{tag}")).hasSize(2000);
  }

  private Set<String> scanned(String pattern) {
    Set<String> seen = new HashSet<>();
    try (RegionArgument argument = RegionArgument.of(slabs, pattern)) {
      long cursor = 0;
      do {
        cursor =
            database.scan(
                cursor,
                argument.address(),
                argument.length(),
                entry -> assertThat(seen.add(keyOf(entry))).isTrue());
      } while (cursor != 0);
    }
    return seen;
  }

  @Test
  void aScanOfAnyCursorEnds() {
    for (int i = 0; i < 1000; i++) {
      set("{" + i % 10 + "}" + i);
    }
    for (int i = 0; i < 1000; i++) {
      long cursor = random.nextLong() >> random.nextInt(64);
      int calls = 0;
      do {
        cursor = database.scan(cursor, entry -> {});
        assertThat(++calls).isLessThan(2000);
      } while (cursor != 0);
    }
  }

  @Test
  void randomKeysAreFairOverSlotsOfUnequalSizes() {
    for (int i = 0; i < 900; i++) {
      set("{large}" + i);
    }
    for (int i = 0; i < 100; i++) {
      set("small:" + i);
    }
    int draws = 100_000;
    int large = 0;
    for (int i = 0; i < draws; i++) {
      large += keyOf(database.randomEntry()).startsWith("{large}") ? 1 : 0;
    }
    assertThat((double) large / draws).isBetween(0.88, 0.92); // 20 standard deviations
  }

  @Test
  void entriesOfADroppedSlotDoNotExpireNorCountAndAreFreedInSlices() {
    int keys = 20_000;
    keyspace.setNowMicros(1_000_000);
    set("other");
    long emptyBytes = slabs.usedBytes();
    for (int i = 0; i < keys; i++) {
      try (RegionArgument key = RegionArgument.of(slabs, "{slot}" + i)) {
        database.putInteger(key.address(), key.length(), i, 1000 + i);
      }
    }
    assertThat(slots.drop(slot("{slot}"))).isEqualTo(keys);
    assertThat(database.size()).isEqualTo(1);
    assertThat(keyspace.garbageCount()).isEqualTo(keys);
    assertThat(database.scan(0, entry -> {})).isZero();
    assertThat(keyspace.freeSome(100)).isBetween(100, 200);
    keyspace.setNowMicros(2_000_000_000L);
    assertThat(keyspace.expireDue(100)).isEqualTo(100);
    assertThat(keyspace.garbageCount()).isBetween(keys / 2L, keys - 100L);
    set("{slot}1");
    while (keyspace.freeSome(100) > 0) {
      assertThat(slots.count(slot("{slot}"))).isEqualTo(1);
    }
    assertThat(delete("{slot}1")).isTrue();
    assertThat(database.expiries().size()).isZero();
    assertThat(expired).isEmpty();
    assertThat(slabs.usedBytes()).isLessThan(emptyBytes + 1000);
  }

  @Test
  void aFlushFreesSlotsThatWereDropped() {
    keyspace.setNowMicros(1_000_000);
    for (int i = 0; i < 1000; i++) {
      try (RegionArgument key = RegionArgument.of(slabs, "{slot}" + i)) {
        database.putInteger(key.address(), key.length(), i, 1_000_000);
      }
    }
    slots.drop(slot("{slot}"));
    set("{slot}1");
    database.clear();
    set("{slot}2");
    assertThat(slots.count(slot("{slot}"))).isEqualTo(1);
  }

  private void stage(String key, long expireAt) {
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      keyspace.staged(0).putInteger(argument.address(), argument.length(), 1, expireAt);
    }
  }

  @Test
  void stagedKeysAreHiddenUntilTheyReplaceThoseOfTheirSlot() {
    set("{a}old");
    set("{b}other");
    for (int i = 0; i < 1000; i++) {
      stage("{a}" + i, i < 500 ? 1000 + i : Entry.NO_EXPIRY);
    }
    keyspace.setNowMicros(5_000_000);
    assertThat(keyspace.size()).isEqualTo(2);
    assertThat(keyspace.expireDue(10)).isZero();
    assertThat(keyspace.nextDueMillis()).isEqualTo(Long.MAX_VALUE);
    assertThat(slots.countStaged(slot("a"))).isEqualTo(1000);
    assertThat(slots.unstage(slot("a"))).isEqualTo(1000);
    assertThat(slots.unstage(slot("a"))).isZero();
    assertThat(keyspace.staged(0).size()).isZero();
    assertThat(keyspace.staged(0).expiries().size()).isZero();
  }

  @Test
  void takenKeysExpire() {
    for (int i = 0; i < 1000; i++) {
      stage("{a}" + i, i < 500 ? 1000 + i : Entry.NO_EXPIRY);
    }
    keyspace.setNowMicros(5_000_000);
    assertThat(slots.unstage(slot("a"))).isEqualTo(1000);
    assertThat(keyspace.expireDue(2000)).isEqualTo(500);
    assertThat(slots.count(slot("a"))).isEqualTo(500);
    assertThat(delete("{a}700")).isTrue();
    stage("{a}x", 7_000);
    assertThat(slots.dropStaged(slot("a"))).isEqualTo(1);
    while (keyspace.freeSome(100) > 0) {
      // until nothing is left
    }
    assertThat(keyspace.staged(0).expiries().size()).isZero();
  }

  @Test
  void aWalkDeliversTakenKeysAsStaged() {
    for (int round = 0; round < 20; round++) {
      Set<String> staged = new HashSet<>();
      Set<String> served = new HashSet<>();
      for (int i = 0; i < 300; i++) {
        stage("{a}" + i, Entry.NO_EXPIRY);
        staged.add("{a}" + i);
        set("{b}" + i);
        served.add("{b}" + i);
        set("{c}" + i);
        served.add("{c}" + i);
      }
      List<String> delivered = new ArrayList<>();
      List<Integer> indexes = new ArrayList<>();
      WalkSink sink =
          (index, entry) -> {
            delivered.add(keyOf(entry));
            indexes.add(index);
          };
      try (Walk walk = keyspace.startWalk(sink::entry)) {
        int before = random.nextInt(100);
        for (int i = 0; i < before && walk.step(8, sink); i++) {
          // up to any entry
        }
        long unused = slots.unstage(slot("a"));
        for (int i = 0; i < 50; i++) {
          set("{a}" + random.nextInt(400));
          unused += delete("{a}" + random.nextInt(400)) ? 1 : 0;
        }
        while (walk.step(8, sink)) {
          // to the end
        }
      }
      Set<String> expected = new HashSet<>(staged);
      expected.addAll(served);
      assertThat(delivered).doesNotHaveDuplicates().hasSameElementsAs(expected);
      for (int i = 0; i < delivered.size(); i++) {
        assertThat(indexes.get(i))
            .isEqualTo(staged.contains(delivered.get(i)) ? DatabaseIndex.FIRST_STAGED : 0);
      }
      keyspace.clear();
    }
  }

  @Test
  void theStagedDatabaseOfAnOnlyOneIsAlsoFoundByItsFormerIndex() {
    assertThat(keyspace.has(1)).isTrue();
    assertThat(keyspace.database(1)).isSameAs(keyspace.staged(0));
    assertThat(keyspace.has(2)).isFalse();
  }

  private static void put(Database database, String key, long expireAt) {
    try (RegionArgument argument = RegionArgument.of(database.slabs(), key)) {
      database.putInteger(argument.address(), argument.length(), 1, expireAt);
    }
  }

  @Test
  void tablesOfEachDatabaseAreAllocatedAtItsFirstUse() {
    long before = slabs.usedBytes();
    try (Keyspace several = new Keyspace(slabs, 16, random, true, KeyspaceListener.NONE)) {
      assertThat(slabs.usedBytes() - before).isLessThan(32 * MOST_UNUSED_BYTES);
      put(several.database(3), "a", Entry.NO_EXPIRY);
      put(several.staged(3), "a", Entry.NO_EXPIRY);
      assertThat(slabs.usedBytes() - before)
          .isBetween(2L * 380_000, 2L * MOST_EMPTY_BYTES + 32 * MOST_UNUSED_BYTES);
      assertThat(new KeyspaceSlots(several).dropStaged(slot("a"))).isEqualTo(1);
      several.freeSome(100);
      assertThat(slabs.usedBytes() - before).isLessThan(MOST_EMPTY_BYTES + 32 * MOST_UNUSED_BYTES);
      several.database(3).clear();
      several.freeSome(100);
      assertThat(slabs.usedBytes() - before).isLessThan(33 * MOST_UNUSED_BYTES);
    }
    assertThat(slabs.usedBytes()).isEqualTo(before);
  }

  @Test
  void stagedKeysOfEachDatabaseReplaceItsOwn() {
    try (Keyspace several = new Keyspace(slabs, 3, random, true, KeyspaceListener.NONE)) {
      several.setNowMicros(1_000_000);
      KeyspaceSlots of = new KeyspaceSlots(several);
      for (int i = 0; i < 3; i++) {
        put(several.database(i), "{a}old" + i, Entry.NO_EXPIRY);
        put(several.database(i), "{b}" + i, Entry.NO_EXPIRY);
      }
      put(several.staged(1), "{a}1", Entry.NO_EXPIRY);
      put(several.staged(2), "{a}2", 5_000);
      put(several.staged(2), "{a}3", Entry.NO_EXPIRY);
      assertThat(several.has(2)).isTrue();
      assertThat(several.has(3)).isFalse();
      assertThat(several.has(DatabaseIndex.FIRST_STAGED + 2)).isTrue();
      assertThat(several.has(DatabaseIndex.FIRST_STAGED + 3)).isFalse();
      assertThat(several.database(DatabaseIndex.FIRST_STAGED + 2)).isSameAs(several.staged(2));
      assertThat(several.staged(2).index()).isEqualTo(DatabaseIndex.FIRST_STAGED + 2);
      assertThat(of.countStaged(slot("a"))).isEqualTo(3);
      List<String> delivered = new ArrayList<>();
      WalkSink sink = (index, entry) -> delivered.add(index + keyOf(entry));
      try (Walk walk = several.startWalk(sink::entry)) {
        assertThat(of.unstage(slot("a"))).isEqualTo(3);
        put(several.database(2), "{a}3", 9_000); // delivered to the gate
        while (walk.step(1, sink)) {
          // to the end
        }
      }
      int staged = DatabaseIndex.FIRST_STAGED;
      assertThat(delivered)
          .containsExactlyInAnyOrder(
              "0{a}old0",
              "1{a}old1",
              "2{a}old2",
              "0{b}0",
              "1{b}1",
              "2{b}2",
              staged + 1 + "{a}1",
              staged + 2 + "{a}2",
              staged + 2 + "{a}3");
      assertThat(several.stagedSize()).isZero();
      assertThat(several.database(0).size()).isEqualTo(1);
      assertThat(several.database(1).size()).isEqualTo(2);
      assertThat(several.database(2).size()).isEqualTo(3);
      assertThat(of.count(several.database(2), slot("a"))).isEqualTo(2);
      several.setNowMicros(20_000_000);
      assertThat(several.expireDue(10)).isEqualTo(2);
      assertThat(of.drop(slot("a"))).isEqualTo(1);
      assertThat(of.drop(slot("b"))).isEqualTo(3);
      assertThat(several.size()).isZero();
    }
  }
}
