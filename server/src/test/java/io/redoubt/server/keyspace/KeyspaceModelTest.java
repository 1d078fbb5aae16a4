package io.redoubt.server.keyspace;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.BlockLength;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random operations on a keyspace and on maps, which must agree, during walks, which must pass the
 * state at their start.
 */
final class KeyspaceModelTest {
  private static final int DATABASES = 3;

  private record Value(String text, long expireAt) {}

  private final Random random = Seed.random("KeyspaceModelTest");
  private final Slabs slabs = CheckingSlabs.create();
  private Keyspace keyspace = new Keyspace(slabs, DATABASES, random, false, this::onExpired);
  private final List<Map<String, Value>> model = new ArrayList<>();
  private int keys;

  private Defragmentation defragmentation = new Defragmentation(keyspace);
  private boolean isDefragmenting;

  private @Nullable Walk walk;
  private final List<Map<String, Value>> walkShould = new ArrayList<>();
  private final List<Map<String, Value>> walkDid = new ArrayList<>();
  private int walksDone;

  private @Nullable SlotWalk slotWalk;
  private SlotSet slotWalkOver = new SlotSet();
  private final boolean[] slotWalkFlushed = new boolean[DATABASES];

  /** The entries by their keys, after the index of their database. */
  private final Map<String, Value> slotWalkShould = new HashMap<>();

  private final Map<String, Value> slotWalkDid = new HashMap<>();
  private int slotWalksDone;
  private int slotWalksBesideWalks;
  private int slotsDropped;
  private int slotsDroppedInWalks;

  @Test
  void behavesLikeMaps() {
    playRounds();
  }

  @Test
  void behavesLikeMapsWithATableForEachSlot() {
    keyspace.close();
    keyspace = new Keyspace(slabs, DATABASES, random, true, this::onExpired);
    defragmentation = new Defragmentation(keyspace);
    playRounds();
    assertThat(slotsDropped).isGreaterThan(10);
    assertThat(slotsDroppedInWalks).isPositive();
    assertThat(slotWalksDone).isGreaterThan(10);
    assertThat(slotWalksBesideWalks).isPositive();
  }

  private void playRounds() {
    for (int i = 0; i < DATABASES; i++) {
      model.add(new HashMap<>());
    }
    keyspace.setNowMicros(1_000_000 * 1000);
    // With a few seeds, the first rounds leave no page so sparse that entries are moved.
    for (int round = 0; round < 12 || (defragmentation.hits() == 0 && round < 200); round++) {
      keys = 1 + random.nextInt(round % 2 == 0 ? 30 : 3000);
      for (int step = 0; step < 4000; step++) {
        step();
        if (step % 1000 == 999) {
          assertSameContents();
        }
      }
    }
    assertThat(walksDone).isGreaterThan(10);
    assertThat(defragmentation.hits()).isPositive();
    keyspace.close();
    slabs.close();
  }

  private void step() {
    int index = random.nextInt(DATABASES);
    Database database = keyspace.database(index);
    Map<String, Value> map = model.get(index);
    String key = randomKey();
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      switch (random.nextInt(24)) {
        case 0, 1, 2, 3, 4, 5 -> put(database, map, key, argument);
        case 6 -> {
          long value = random.nextLong() >> random.nextInt(64);
          database.putInteger(argument.address(), argument.length(), value, Entry.NO_EXPIRY);
          map.put(key, new Value(Long.toString(value), Entry.NO_EXPIRY));
        }
        case 7, 8, 9 ->
            assertThat(database.delete(argument.address(), argument.length()))
                .isEqualTo(map.remove(key) != null);
        case 10, 11, 12, 13 -> changeEntry(index, key, argument);
        case 14 -> moveAbout(index, key, argument);
        case 15 -> findLive(database, map, key, argument);
        case 16 -> keyspace.freeSome(random.nextInt(50));
        case 17 -> {
          keyspace.setNowMicros((keyspace.nowMillis() + random.nextInt(100)) * 1000);
          keyspace.expireDue(random.nextInt(5));
        }
        case 18 -> {
          if (keyspace.isBySlot()) {
            dropSlot(key);
          } else if (random.nextInt(50) == 0) {
            int other = random.nextInt(DATABASES);
            keyspace.swap(index, other);
            Map<String, Value> swapped = model.set(index, model.get(other));
            model.set(other, swapped);
          }
        }
        case 19 -> {
          if (random.nextInt(100) == 0) {
            database.clear();
            map.clear();
            slotWalkFlushed[index] = true;
          }
        }
        case 20 -> defragment();
        default -> {
          if (keyspace.isBySlot() && random.nextBoolean()) {
            slotWalkOn();
          } else {
            walkOn();
          }
        }
      }
    }
  }

  /** Drops the slot of a key; large slots are dropped rarely. */
  private void dropSlot(String key) {
    KeyspaceSlots slots = new KeyspaceSlots(keyspace);
    int slot = slot(key);
    long count = slots.count(slot);
    if (count == 0 || random.nextInt((int) count) > 10) {
      return;
    }
    int removed = 0;
    for (Map<String, Value> map : model) {
      removed += map.size();
      map.keySet().removeIf(each -> slot(each) == slot);
      removed -= map.size();
    }
    assertThat(slots.drop(slot)).isEqualTo(count).isEqualTo(removed);
    assertThat(slots.count(slot)).isZero();
    // A walk over flushed entries still delivers them, since they are not dropped.
    slotWalkShould
        .keySet()
        .removeIf(each ->
            !slotWalkFlushed[each.charAt(0) - '0']
                && slot(each.substring(1)) == slot
                && !slotWalkDid.containsKey(each));
    slotsDropped++;
    slotsDroppedInWalks += walk == null ? 0 : 1;
  }

  private static int slot(String key) {
    return KeySlot.of(key.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Moves entries, unless a walk must find them. */
  private void defragment() {
    if (!keyspace.isWalked()) {
      if (!isDefragmenting) {
        defragmentation.start();
      }
      isDefragmenting = defragmentation.step(100);
      if (!isDefragmenting) {
        defragmentation.end();
      }
    }
  }

  private void put(Database database, Map<String, Value> map, String key, RegionArgument argument) {
    String text = randomText();
    long expireAt =
        switch (random.nextInt(4)) {
          case 0 -> keyspace.nowMillis() + random.nextInt(3000);
          case 1 -> Database.KEEP_EXPIRY;
          default -> Entry.NO_EXPIRY;
        };
    try (RegionArgument value = RegionArgument.of(slabs, text)) {
      long entry =
          database.putString(
              argument.address(), argument.length(), value.address(), value.length(), expireAt);
      assertThat(database.find(argument.address(), argument.length())).isEqualTo(entry);
    }
    Value old = map.get(key); // already removed if it was due
    long kept = old == null ? Entry.NO_EXPIRY : old.expireAt();
    map.put(key, new Value(text, expireAt == Database.KEEP_EXPIRY ? kept : expireAt));
  }

  private void changeEntry(int index, String key, RegionArgument argument) {
    Database database = keyspace.database(index);
    Map<String, Value> map = model.get(index);
    Value old = map.get(key);
    long entry = database.find(argument.address(), argument.length());
    assertThat(entry != 0).isEqualTo(old != null);
    if (old == null) {
      return;
    }
    switch (random.nextInt(3)) {
      case 0 -> {
        long millis = keyspace.nowMillis() + random.nextInt(3000);
        entry = database.setExpiry(entry, millis);
        map.put(key, new Value(old.text(), millis));
      }
      case 1 -> {
        entry = database.persist(entry);
        map.put(key, new Value(old.text(), Entry.NO_EXPIRY));
      }
      default -> {
        database.touch(entry);
        assertThat(database.memoryUsage(entry, 0)).isGreaterThan(old.text().length() / 20);
      }
    }
    assertThat(valueOf(entry)).isEqualTo(map.get(key));
  }

  private void moveAbout(int index, String key, RegionArgument argument) {
    Database database = keyspace.database(index);
    long entry = database.find(argument.address(), argument.length());
    if (entry == 0) {
      return;
    }
    Map<String, Value> map = model.get(index);
    int other = random.nextInt(DATABASES);
    String toKey = randomKey();
    try (RegionArgument to = RegionArgument.of(slabs, toKey)) {
      switch (random.nextInt(3)) {
        case 0 -> {
          Transfers.rename(database, entry, to.address(), to.length());
          Value value = map.remove(key);
          map.put(toKey, value);
        }
        case 1 -> {
          Transfers.move(database, entry, keyspace.database(other));
          Value value = map.remove(key);
          model.get(other).put(key, value);
        }
        default -> {
          Transfers.copy(database, entry, keyspace.database(other), to.address(), to.length());
          model.get(other).put(toKey, map.get(key));
        }
      }
    }
  }

  private void findLive(
      Database database, Map<String, Value> map, String key, RegionArgument argument) {
    Value value = map.get(key);
    boolean due =
        value != null
            && value.expireAt() != Entry.NO_EXPIRY
            && value.expireAt() < keyspace.nowMillis();
    ExpiredKeys mode = ExpiredKeys.values()[random.nextInt(3)];
    keyspace.setExpiredKeys(mode);
    long entry = database.findLive(argument.address(), argument.length());
    keyspace.setExpiredKeys(ExpiredKeys.DELETE);
    assertThat(entry != 0).isEqualTo(value != null && (!due || mode == ExpiredKeys.KEEP));
    assertThat(map.containsKey(key))
        .isEqualTo(value != null && !(due && mode == ExpiredKeys.DELETE));
  }

  private void onExpired(Database database, long entry) {
    assertThat(Entry.expireAt(entry)).isLessThan(keyspace.nowMillis());
    Value value = model.get(database.index()).remove(keyOf(entry));
    assertThat(value).isEqualTo(valueOf(entry));
  }

  // Walks.

  private void walkOn() {
    Walk running = walk;
    if (running == null) {
      if (random.nextInt(20) == 0) {
        startWalk();
      }
    } else if (running.step(1 + random.nextInt(20), this::walked)) {
      if (random.nextInt(100) == 0) {
        running.close();
        walk = null;
      }
    } else {
      assertThat(walkDid).isEqualTo(walkShould);
      running.close();
      walk = null;
      walksDone++;
    }
  }

  private void startWalk() {
    defragmentation.end();
    isDefragmenting = false;
    walkShould.clear();
    walkDid.clear();
    walk = keyspace.startWalk(this::walked);
    for (int i = 0; i < DATABASES; i++) {
      walkShould.add(new HashMap<>(model.get(i)));
      walkDid.add(new HashMap<>());
      assertThat(walk.size(i)).isEqualTo(model.get(i).size());
      assertThat(walk.expires(i)).isGreaterThanOrEqualTo(expiring(model.get(i)));
      if (keyspace.garbageCount() == 0) { // the order may still have entries of dropped slots
        assertThat(walk.expires(i)).isEqualTo(expiring(model.get(i)));
      }
    }
  }

  private void walked(int index, long entry) {
    assertThat(walkDid.get(index).put(keyOf(entry), valueOf(entry))).isNull();
  }

  // Walks over slots.

  private void slotWalkOn() {
    SlotWalk running = slotWalk;
    if (running == null) {
      if (random.nextInt(20) == 0) {
        startSlotWalk();
      }
    } else if (running.step(1 + random.nextInt(20), this::slotWalked)) {
      if (random.nextInt(100) == 0) {
        running.close();
        slotWalk = null;
      }
    } else {
      assertThat(slotWalkDid).isEqualTo(slotWalkShould);
      running.close();
      slotWalk = null;
      slotWalksDone++;
      slotWalksBesideWalks += walk == null ? 0 : 1;
    }
  }

  private void startSlotWalk() {
    defragmentation.end();
    isDefragmenting = false;
    Arrays.fill(slotWalkFlushed, false);
    slotWalkOver = new SlotSet();
    for (int i = random.nextInt(100); i > 0; i--) {
      int first = random.nextInt(SlotSet.SLOTS);
      int last = Math.min(SlotSet.SLOTS - 1, first + random.nextInt(1000));
      slotWalkOver.addAll(SlotSet.range(first, last));
    }
    slotWalkOver.add(slot(randomKey()));
    slotWalkShould.clear();
    slotWalkDid.clear();
    for (int i = 0; i < DATABASES; i++) {
      char index = (char) ('0' + i);
      model.get(i).forEach((key, value) -> slotWalkShould.put(index + key, value));
    }
    slotWalkShould.keySet().removeIf(key -> !slotWalkOver.contains(slot(key.substring(1))));
    slotWalk = keyspace.startSlotWalk(slotWalkOver, this::slotWalked);
  }

  private void slotWalked(int index, long entry) {
    assertThat(slotWalkDid.put(index + keyOf(entry), valueOf(entry))).isNull();
  }

  // Assertions.

  private void assertSameContents() {
    for (int i = 0; i < DATABASES; i++) {
      Database database = keyspace.database(i);
      Map<String, Value> map = model.get(i);
      assertThat(database.size()).isEqualTo(map.size());
      assertThat(database.expiries().size()).isGreaterThanOrEqualTo(expiring(map));
      if (keyspace.garbageCount() == 0) {
        assertThat(database.expiries().size()).isEqualTo(expiring(map));
      }
      assertExpiringEntries(database, map);
      Map<String, Value> found = new HashMap<>();
      database.forEach(entry -> assertThat(found.put(keyOf(entry), valueOf(entry))).isNull());
      assertThat(found).isEqualTo(map);
      long chosen = database.randomEntry();
      assertThat(chosen == 0).isEqualTo(map.isEmpty());
      if (chosen != 0) {
        assertThat(map).containsEntry(keyOf(chosen), valueOf(chosen));
      }
    }
  }

  private void assertExpiringEntries(Database database, Map<String, Value> map) {
    long chosen = ExpiringEntries.random(database, random);
    if (chosen != 0) {
      assertThat(map).containsEntry(keyOf(chosen), valueOf(chosen));
    }
    assertThat(chosen != 0).isEqualTo(expiring(map) > 0);
    long next = ExpiringEntries.first(database);
    if (next != 0) {
      assertThat(map).containsEntry(keyOf(next), valueOf(next));
    }
  }

  private static long expiring(Map<String, Value> map) {
    return map.values().stream().filter(value -> value.expireAt() != Entry.NO_EXPIRY).count();
  }

  private static String keyOf(long entry) {
    return latin1(Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  private static Value valueOf(long entry) {
    long payload = Entry.payloadAddress(entry);
    String text =
        switch (Entry.encoding(entry)) {
          case Encoding.INTEGER -> Long.toString(Region.getLong(payload));
          case Encoding.OWN_BLOCK -> latin1(OwnBlock.address(payload), OwnBlock.length(payload));
          default -> latin1(payload + BlockLength.sizeAt(payload), BlockLength.get(payload));
        };
    return new Value(text, Entry.expireAt(entry));
  }

  private static String latin1(long address, int length) {
    return new String(Region.toByteArray(address, length), StandardCharsets.ISO_8859_1);
  }

  private String randomKey() {
    int number = random.nextInt(keys);
    if (number % 50 == 0) {
      return "k".repeat(number % 500);
    }
    return number % 3 == 0 ? "{" + number % 7 + "}key:" + number : "key:" + number;
  }

  private String randomText() {
    return switch (random.nextInt(6)) {
      case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
      case 1 -> "";
      case 2 -> "0" + random.nextInt(10);
      case 3 -> "v".repeat(random.nextInt(5000));
      case 4 -> "w".repeat(4000 + random.nextInt(random.nextInt(20) == 0 ? 200_000 : 200));
      default -> "value " + random.nextInt(1_000_000) + "\0\r\n";
    };
  }

  @Test
  void repeatedlyAbortedWalksLoseNothing() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      try (RegionArgument key = RegionArgument.of(slabs, "key:" + i)) {
        keyspace.database(0).putInteger(key.address(), key.length(), i, Entry.NO_EXPIRY);
        names.add("key:" + i);
      }
    }
    for (int i = 0; i < 1000; i++) {
      try (Walk aborted = keyspace.startWalk((index, entry) -> {})) {
        aborted.step(1 + random.nextInt(20), (index, entry) -> {});
      }
    }
    Set<String> seen = new HashSet<>();
    try (Walk whole = keyspace.startWalk((index, entry) -> {})) {
      while (whole.step(10, (index, entry) -> seen.add(keyOf(entry)))) {
        assertThat(whole.isDone()).isFalse();
      }
    }
    assertThat(seen).isEqualTo(names);
    keyspace.close();
    slabs.close();
  }
}
