package io.redoubt.server.value.hash;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.KeyspaceListener;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.value.Values;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Compares hashes of a keyspace with maps of maps. */
final class HashesTest {
  private static final int MAX_ENTRIES = 20;
  private static final int MAX_VALUE = 12;

  private record Value(String text, long expireAt) {}

  private final Random random = Seed.random("HashesTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Keyspace keyspace = new Keyspace(slabs, 2, random, false, new ExpiredNames());
  private final Hashes hashes = new Hashes(keyspace, smallLimits());
  private final List<Map<String, Map<String, Value>>> model =
      List.of(new HashMap<>(), new HashMap<>());
  private long now = 1000;

  /** The expiries reported to the keyspace's listener: database, key, field. */
  private final List<String> expired = new ArrayList<>();

  @BeforeEach
  void registerStructures() {
    keyspace.setStructures(Type.HASH, hashes);
    keyspace.setNowMicros(now * 1000);
  }

  /** Collects the names of expired keys and fields. */
  private final class ExpiredNames implements KeyspaceListener {
    @Override
    public void onExpired(Database database, long entry) {
      expired.add(database.index() + key(entry));
    }

    @Override
    public void onElementExpired(Database database, long entry, long element, int length) {
      expired.add(database.index() + key(entry) + "." + text(element, length));
    }
  }

  @AfterEach
  void freesAllMemory() {
    keyspace.close();
    slabs.close();
  }

  private static String text(long address, int length) {
    return new String(Region.toByteArray(address, length), StandardCharsets.ISO_8859_1);
  }

  private static String key(long entry) {
    return text(Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  private Database someDatabase() {
    return keyspace.database(random.nextInt(4) == 0 ? 1 : 0);
  }

  private String someKey() {
    return "k" + random.nextInt(6);
  }

  private String someField() {
    return switch (random.nextInt(20)) {
      case 0 -> "f".repeat(MAX_VALUE + 1);
      case 1, 2, 3, 4, 5 -> Integer.toString(random.nextInt(10) * 100);
      default -> "f" + random.nextInt(2 * MAX_ENTRIES);
    };
  }

  private String someText() {
    return switch (random.nextInt(300)) {
      case 0 -> "v".repeat(5000);
      case 1 -> "v".repeat(MAX_VALUE + 1);
      case 2, 3 -> "";
      default ->
          random.nextBoolean()
              ? Long.toString(random.nextLong() >> random.nextInt(64))
              : "v".repeat(random.nextInt(MAX_VALUE));
    };
  }

  @Test
  void behaveLikeMaps() {
    for (int step = 0; step < 20_000; step++) {
      boolean growing = step / 2000 % 2 == 0;
      Database database = someDatabase();
      String key = someKey();
      switch (random.nextInt(40)) {
        case 0 -> transfer(database, key, database, someKey(), false);
        case 1 -> transfer(database, key, keyspace.database(1 - database.index()), key, false);
        case 2 -> transfer(database, key, someDatabase(), someKey(), true);
        case 3 -> keyExpiry(database, key);
        case 4 -> advance();
        case 5 -> removeKey(database, key);
        case 6 -> {
          keyspace.swap(0, 1);
          Map<String, Map<String, Value>> first = new HashMap<>(model.get(0));
          model.get(0).clear();
          model.get(0).putAll(model.get(1));
          model.get(1).clear();
          model.get(1).putAll(first);
        }
        case 7 -> {
          if (random.nextInt(40) == 0) {
            database.clear();
            model.get(database.index()).clear();
          }
        }
        case 8, 9, 10, 11, 12, 13, 14 -> fieldExpiry(database, key);
        default -> {
          if (random.nextInt(10) < (growing ? 8 : 3)) {
            put(database, key);
          } else {
            removeField(database, key);
          }
        }
      }
      assertSame(database, key);
      if (step % 100 == 0) {
        keyspace.freeSome(10);
        model.get(0).keySet().forEach(each -> assertSame(keyspace.database(0), each));
        model.get(1).keySet().forEach(each -> assertSame(keyspace.database(1), each));
      }
    }
  }

  private Map<String, Value> fields(Database database, String key) {
    return model.get(database.index()).get(key);
  }

  private void put(Database database, String key) {
    try (RegionArgument name = RegionArgument.of(slabs, key)) {
      long entry = database.find(name.address(), name.length());
      int pairs = random.nextInt(20) == 0 ? random.nextInt(2 * MAX_ENTRIES) + 1 : 1;
      boolean presized = entry == 0;
      if (entry == 0) {
        entry = hashes.create(database, name.address(), name.length(), pairs, 10L * pairs);
        model.get(database.index()).put(key, new HashMap<>());
      } else {
        entry = hashes.expect(database, entry, pairs);
      }
      Map<String, Value> fields = fields(database, key);
      boolean wasTable = !PackedValue.isPacked(entry);
      for (int i = 0; i < pairs; i++) {
        String field = someField();
        String text = someText();
        boolean keepsExpiry = random.nextInt(4) == 0;
        try (RegionArgument f = RegionArgument.of(slabs, field);
            RegionArgument v = RegionArgument.of(slabs, text)) {
          boolean found = hashes.findForWrite(database, entry, f.address(), f.length());
          assertThat(found).isEqualTo(fields.containsKey(field));
          entry =
              hashes.store(
                  database, entry, f.address(), f.length(), v.address(), v.length(), keepsExpiry);
        }
        Value old = fields.get(field);
        long expireAt = keepsExpiry && old != null ? old.expireAt() : FieldElement.NO_EXPIRY;
        fields.put(field, new Value(text, expireAt));
        wasTable |= field.length() > MAX_VALUE || text.length() > MAX_VALUE;
      }
      entry = hashes.settle(database, entry);
      boolean presizedTable = pairs > MAX_ENTRIES;
      assertThat(PackedValue.isPacked(entry))
          .as("%s fields, presized: %s", fields.size(), presized)
          .isEqualTo(!wasTable && !presizedTable && fields.size() <= MAX_ENTRIES);
    }
  }

  private void removeField(Database database, String key) {
    String field = someField();
    Map<String, Value> fields = fields(database, key);
    if (fields == null) {
      return;
    }
    long entry = find(database, key);
    try (RegionArgument f = RegionArgument.of(slabs, field)) {
      boolean found = hashes.findForWrite(database, entry, f.address(), f.length());
      assertThat(found).isEqualTo(fields.remove(field) != null);
      if (found) {
        hashes.remove(entry);
      }
    }
    if (fields.isEmpty()) {
      assertThat(hashes.sizeWithDue(entry)).isZero();
      database.remove(entry);
      model.get(database.index()).remove(key);
    } else {
      hashes.settle(database, entry);
    }
  }

  private void fieldExpiry(Database database, String key) {
    String field = someField();
    Map<String, Value> fields = fields(database, key);
    if (fields == null) {
      return;
    }
    long entry = find(database, key);
    try (RegionArgument f = RegionArgument.of(slabs, field)) {
      boolean found = hashes.findForWrite(database, entry, f.address(), f.length());
      assertThat(found).isEqualTo(fields.containsKey(field));
      if (found) {
        long expireAt =
            random.nextInt(3) == 0 ? FieldElement.NO_EXPIRY : now + random.nextInt(1000);
        entry = hashes.expireAt(database, entry, f.address(), f.length(), expireAt);
        fields.put(field, new Value(fields.get(field).text(), expireAt));
      }
    }
    hashes.settle(database, entry);
  }

  private void keyExpiry(Database database, String key) {
    long entry = find(database, key);
    if (entry != 0) {
      if (Entry.expires(entry)) {
        database.persist(entry);
      } else {
        database.setExpiry(entry, Long.MAX_VALUE - random.nextInt(3));
      }
    }
  }

  private void removeKey(Database database, String key) {
    if (random.nextInt(5) == 0) {
      long entry = find(database, key);
      if (entry != 0) {
        if (random.nextBoolean()) {
          database.remove(entry);
        } else {
          database.putInteger(
              Entry.keyAddress(entry), Entry.keyLength(entry), 7, Database.KEEP_EXPIRY);
          database.remove(find(database, key));
        }
        model.get(database.index()).remove(key);
      }
    }
  }

  private void transfer(Database from, String key, Database to, String toKey, boolean copies) {
    long entry = find(from, key);
    if (entry == 0 || (from == to && key.equals(toKey))) {
      return;
    }
    try (RegionArgument target = RegionArgument.of(slabs, toKey)) {
      if (copies) {
        Transfers.copy(from, entry, to, target.address(), target.length());
      } else if (from == to) {
        Transfers.rename(from, entry, target.address(), target.length());
      } else {
        Transfers.move(from, entry, to);
      }
    }
    Map<String, Value> fields = fields(from, key);
    if (!copies) {
      model.get(from.index()).remove(key);
    }
    model.get(to.index()).put(toKey, new HashMap<>(fields));
  }

  /** Advances the clock and expires fields and keys in slices. */
  private void advance() {
    now += random.nextInt(200);
    keyspace.setNowMicros(now * 1000);
    List<String> due = new ArrayList<>();
    long next = Long.MAX_VALUE;
    for (int index = 0; index < model.size(); index++) {
      for (Map.Entry<String, Map<String, Value>> hash : model.get(index).entrySet()) {
        for (Map.Entry<String, Value> field : hash.getValue().entrySet()) {
          long expireAt = field.getValue().expireAt();
          if (expireAt != FieldElement.NO_EXPIRY) {
            next = Math.min(next, expireAt);
            if (expireAt < now) {
              due.add(index + hash.getKey() + "." + field.getKey());
            }
          }
        }
      }
    }
    if (next < Long.MAX_VALUE) {
      assertThat(keyspace.nextDueMillis()).isEqualTo(next);
    }
    expired.clear();
    int limit = 1 + random.nextInt(5);
    int removed;
    do {
      removed = keyspace.expireDue(limit);
      assertThat(removed).isLessThanOrEqualTo(limit);
    } while (removed == limit);
    assertThat(expired).containsExactlyInAnyOrderElementsOf(due);
    for (Map<String, Map<String, Value>> database : model) {
      database
          .values()
          .forEach(fields ->
              fields
                  .values()
                  .removeIf(value ->
                      value.expireAt() != FieldElement.NO_EXPIRY && value.expireAt() < now));
      database.values().removeIf(Map::isEmpty);
    }
  }

  private long find(Database database, String key) {
    try (RegionArgument name = RegionArgument.of(slabs, key)) {
      return database.find(name.address(), name.length());
    }
  }

  private void assertSame(Database database, String key) {
    long entry = find(database, key);
    Map<String, Value> fields = fields(database, key);
    assertThat(entry != 0).isEqualTo(fields != null);
    if (fields == null) {
      return;
    }
    assertThat(hashes.size(entry)).isEqualTo(fields.size());
    assertThat(read(entry)).isEqualTo(fields);
    long next =
        fields.values().stream()
            .mapToLong(Value::expireAt)
            .filter(at -> at != FieldElement.NO_EXPIRY)
            .min()
            .orElse(Entry.NO_EXPIRY);
    assertThat(Entry.nextElementExpiry(entry)).isEqualTo(next);
    assertThat(hashes.findRandom(entry)).isTrue();
    assertThat(fields).containsKey(copy(hashes.found(), true));
    if (PackedValue.isPacked(entry)) {
      assertThat((long) PackedValue.sizeBytes(entry))
          .isEqualTo(Listpack.sizeBytes(Region.MEMORY, PackedValue.address(entry)));
    }
  }

  private Map<String, Value> read(long entry) {
    Map<String, Value> read = new HashMap<>();
    HashCursor cursor = hashes.cursor();
    cursor.start(entry);
    while (cursor.next()) {
      HashField field = cursor.field();
      assertThat(read.put(copy(field, true), new Value(copy(field, false), field.expireAt())))
          .isNull();
    }
    return read;
  }

  private static String copy(HashField field, boolean name) {
    byte[] bytes = new byte[name ? field.fieldLength() : field.valueLength()];
    MemorySegment target = MemorySegment.ofArray(bytes);
    int length = name ? field.copyField(target, 0) : field.copyValue(target, 0);
    assertThat(length).isEqualTo(bytes.length);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void hidesDueFieldsBeforeTheyAreRemoved() {
    Database database = keyspace.database(0);
    try (RegionArgument key = RegionArgument.of(slabs, "key");
        RegionArgument stays = RegionArgument.of(slabs, "stays");
        RegionArgument goes = RegionArgument.of(slabs, "goes")) {
      long entry = hashes.create(database, key.address(), key.length(), 2, 20);
      entry =
          hashes.put(
              database, entry, stays.address(), stays.length(), stays.address(), stays.length());
      entry =
          hashes.put(database, entry, goes.address(), goes.length(), goes.address(), goes.length());
      entry = hashes.expireAt(database, entry, goes.address(), goes.length(), now + 10);
      entry = hashes.settle(database, entry);
      assertThat(Values.encodingName(entry)).isEqualTo("listpackex");
      keyspace.setNowMicros((now + 10) * 1000);
      assertThat(hashes.find(entry, goes.address(), goes.length())).isTrue();
      keyspace.setNowMicros((now + 11) * 1000);
      for (ExpiredKeys choice : List.of(ExpiredKeys.DELETE, ExpiredKeys.HIDE)) {
        keyspace.setExpiredKeys(choice);
        assertThat(hashes.find(entry, goes.address(), goes.length())).isFalse();
        assertThat(hashes.size(entry)).isEqualTo(1);
        assertThat(read(entry)).containsOnlyKeys("stays");
        assertThat(hashes.sizeWithDue(entry)).isEqualTo(2);
      }
      keyspace.setExpiredKeys(ExpiredKeys.KEEP);
      assertThat(hashes.find(entry, goes.address(), goes.length())).isTrue();
      assertThat(hashes.size(entry)).isEqualTo(2);
      assertThat(read(entry)).hasSize(2);
      assertThat(keyspace.expireDue(10)).isZero();

      keyspace.setExpiredKeys(ExpiredKeys.DELETE);
      assertThat(hashes.findForWrite(database, entry, goes.address(), goes.length())).isFalse();
      assertThat(expired).containsExactly("0key.goes");
      entry = hashes.settle(database, entry);
      assertThat(hashes.sizeWithDue(entry)).isEqualTo(1);
      assertThat(Entry.nextElementExpiry(entry)).isEqualTo(Entry.NO_EXPIRY);
    }
  }

  @Test
  void aSnapshotSeesAHashAsItWasAtItsStart() {
    Database database = keyspace.database(0);
    try (RegionArgument key = RegionArgument.of(slabs, "key");
        RegionArgument field = RegionArgument.of(slabs, "field");
        RegionArgument value = RegionArgument.of(slabs, "value")) {
      long entry = hashes.create(database, key.address(), key.length(), 1, 20);
      entry =
          hashes.put(
              database, entry, field.address(), field.length(), value.address(), value.length());
      entry = hashes.settle(database, entry);
      List<Map<String, Value>> seen = new ArrayList<>();
      try (var walk = keyspace.startWalk((index, changing) -> seen.add(read(changing)))) {
        entry =
            hashes.put(
                database, entry, field.address(), field.length(), key.address(), key.length());
        hashes.settle(database, entry);
        assertThat(walk.step(100, (index, each) -> seen.add(read(each)))).isFalse();
      }
      assertThat(seen).containsExactly(Map.of("field", new Value("value", FieldElement.NO_EXPIRY)));
    }
  }

  @Test
  void convertsListpacksToHashtables() {
    Database database = keyspace.database(0);
    try (RegionArgument key = RegionArgument.of(slabs, "key");
        RegionArgument other = RegionArgument.of(slabs, "other")) {
      for (int fields : List.of(0, 1, MAX_ENTRIES, MAX_ENTRIES + 1, 200)) {
        long start = slabs.allocateFar(8000);
        Listpack.create(Region.MEMORY, start);
        Map<String, Value> expected = new HashMap<>();
        for (int i = 0; i < fields; i++) {
          Listpack.append(Region.MEMORY, start, i, Region.MEMORY, start);
          try (RegionArgument value = RegionArgument.of(slabs, "v" + i)) {
            Listpack.append(
                Region.MEMORY,
                start,
                Region.MEMORY,
                value.address(),
                value.length(),
                Region.MEMORY,
                start);
          }
          expected.put(Integer.toString(i), new Value("v" + i, FieldElement.NO_EXPIRY));
        }
        long entry = hashes.fromListpack(database, key.address(), key.length(), start);
        if (fields == 0) {
          assertThat(entry).isZero();
        } else {
          assertThat(read(entry)).isEqualTo(expected);
          assertThat(PackedValue.isPacked(entry)).isEqualTo(fields <= MAX_ENTRIES);
          database.remove(entry);
        }
        Listpack.append(Region.MEMORY, start, 0, Region.MEMORY, start);
        assertThat(hashes.fromListpack(database, other.address(), other.length(), start))
            .as("a field without a value")
            .isZero();
        Listpack.append(Region.MEMORY, start, 0, Region.MEMORY, start);
        if (fields > 0) {
          assertThat(hashes.fromListpack(database, other.address(), other.length(), start))
              .as("a field twice")
              .isZero();
        }
        slabs.free(start, 8000);
      }
    }
  }

  /** Small limits, so that conversions are frequent. */
  private static EncodingDirectives smallLimits() {
    EncodingDirectives limits = new EncodingDirectives();
    limits.hashMaxListpackEntries.set((long) MAX_ENTRIES);
    limits.hashMaxListpackValue.set((long) MAX_VALUE);
    return limits;
  }
}
