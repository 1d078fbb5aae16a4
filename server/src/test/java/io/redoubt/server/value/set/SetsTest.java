package io.redoubt.server.value.set;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.Walk;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.value.TemporaryValues;
import io.redoubt.server.value.Values;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SetsTest {
  private final Random random = Seed.random("SetsTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Keyspace keyspace = new Keyspace(slabs, 2, random);
  private final Database database = keyspace.database(0);
  private final EncodingDirectives limits = smallLimits();
  private final Sets sets = new Sets(keyspace, limits);
  private final SetAlgebra algebra = new SetAlgebra(sets, slabs, new OperandIndexes());
  private final TemporaryValues temporaries =
      new TemporaryValues(keyspace, Map.of(Type.SET, sets.tables()));
  private final Map<String, Set<String>> model = new HashMap<>();

  @BeforeEach
  void registerStructures() {
    keyspace.setStructures(Type.SET, sets.tables());
    keyspace.setNowMicros(1_700_000_000_000_000L);
  }

  @AfterEach
  void nothingIsLeft() {
    algebra.close();
    sets.close();
    temporaries.close();
    keyspace.close();
    slabs.close();
  }

  @Test
  void collectsDistinctMembers() {
    limits.setMaxListpackEntries.set(2000L);
    try (MemberCollector collector = sets.newCollector()) {
      for (int most : new int[] {1, 7, 8, 9, 100, 1024, 1500}) {
        Set<String> added = new HashSet<>();
        collector.begin();
        while (added.size() < most) {
          String member = (random.nextBoolean() ? "m" : "") + random.nextInt(3000);
          try (RegionArgument bytes = RegionArgument.of(slabs, member)) {
            assertThat(collector.fits(bytes.length())).isTrue();
            assertThat(collector.add(bytes.address(), bytes.length())).isEqualTo(added.add(member));
          }
        }
        assertThat(collector.fits(21)).isFalse();
        try (RegionArgument key = RegionArgument.of(slabs, "collected:" + most)) {
          long set = collector.store(database, key.address(), key.length());
          assertThat(PackedValue.isPacked(set)).isTrue();
          assertThat(sets.size(set)).isEqualTo(most);
        }
        for (String member : added) {
          assertThat(contains("collected:" + most, member)).isTrue();
        }
      }
    }
  }

  @Test
  void behaveLikeSets() {
    for (int step = 0; step < 60_000; step++) {
      String key = "set:" + random.nextInt(6);
      String member = member();
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3, 4 ->
            assertThat(add(key, member))
                .isEqualTo(model.computeIfAbsent(key, any -> new HashSet<>()).add(member));
        case 5, 6, 7 -> {
          assertThat(remove(key, member)).isEqualTo(model(key).contains(member));
          if (model(key).equals(Set.of(member))) {
            model.remove(key);
          } else if (model.containsKey(key)) {
            model.get(key).remove(member);
          }
        }
        case 8 -> assertThat(contains(key, member)).isEqualTo(model(key).contains(member));
        default -> {
          if (step % 50 == 0) {
            drop(key);
          }
        }
      }
      if (step % 97 == 0) {
        model.keySet().forEach(this::isSame);
      }
    }
    model.keySet().forEach(this::isSame);
  }

  @Test
  void combinesSets() {
    for (int round = 0; round < 600; round++) {
      limits.setMaxListpackEntries.set(random.nextBoolean() ? 12L : 80L);
      List<String> keys = new ArrayList<>();
      for (int i = 0; i < 1 + random.nextInt(4); i++) {
        String key = "set:" + random.nextInt(5);
        keys.add(key);
        drop(key);
        int size = random.nextInt(60);
        int range = 10 + random.nextInt(100);
        boolean words = random.nextBoolean();
        for (int k = 0; k < size; k++) {
          boolean word = words || random.nextInt(40) == 0;
          String member = (word ? "w" : "") + random.nextInt(range);
          add(key, member);
          model.computeIfAbsent(key, any -> new HashSet<>()).add(member);
        }
      }
      Set<String> common = new HashSet<>(model(keys.getFirst()));
      Set<String> any = new HashSet<>();
      Set<String> left = new HashSet<>(model(keys.getFirst()));
      for (int i = 0; i < keys.size(); i++) {
        common.retainAll(model(keys.get(i)));
        any.addAll(model(keys.get(i)));
        if (i > 0) {
          left.removeAll(model(keys.get(i)));
        }
      }
      assertThat(intersection(keys)).isEqualTo(common);
      Database temporary = temporaries.database();
      long oneByOne = temporary("r");
      try (SetMembers added = new SetMembers(slabs)) {
        for (String key : keys) {
          if (entry(key) != Entry.NONE) {
            added.iterate(entry(key));
            while (added.next()) {
              sets.add(temporary, oneByOne, added);
              oneByOne = sets.entry();
            }
          }
        }
      }
      String expectedEncoding = Values.encodingName(oneByOne);
      boolean packed = PackedValue.isPacked(oneByOne);
      List<String> expectedOrder = packed ? inOrder(oneByOne) : List.of();
      temporaries.discard(oneByOne);
      operands(keys);
      long united = algebra.unite(temporaries.database(), temporary("u"));
      assertThat(Values.encodingName(united)).isEqualTo(expectedEncoding);
      if (packed) {
        assertThat(inOrder(united)).isEqualTo(expectedOrder);
      }
      assertThat(taken(united)).isEqualTo(any);
      operands(keys);
      assertThat(taken(algebra.intersect(temporaries.database(), temporary("i"))))
          .isEqualTo(common);
      operands(keys);
      assertThat(taken(algebra.subtract(temporaries.database(), temporary("d")))).isEqualTo(left);
      operands(keys);
      if (!algebra.isFirstMissing()) {
        Set<String> found = new HashSet<>();
        algebra.startDifference();
        while (algebra.nextLeft()) {
          found.add(text(algebra.member()));
        }
        assertThat(found).isEqualTo(left);
      }
    }
  }

  @Test
  void convertsEncodingsAtRedisLimits() {
    for (int i = 1; i <= limits.setMaxIntsetEntries.value(); i++) {
      add("numbers", Integer.toString(i));
    }
    assertThat(encoding("numbers")).isEqualTo("intset");
    add("numbers", "100000");
    assertThat(encoding("numbers")).isEqualTo("hashtable");
    for (int i = 1; i < limits.setMaxListpackEntries.value(); i++) {
      add("mixed", Integer.toString(i));
    }
    assertThat(encoding("mixed")).isEqualTo("intset");
    add("mixed", "word");
    assertThat(encoding("mixed")).isEqualTo("listpack");
    add("mixed", "another");
    assertThat(encoding("mixed")).isEqualTo("hashtable");
    for (int i = 1; i <= limits.setMaxListpackEntries.value(); i++) {
      add("many", Integer.toString(i));
    }
    add("many", "word");
    assertThat(encoding("many")).isEqualTo("hashtable");
    add("long", "1");
    add("long", "x".repeat((int) limits.setMaxListpackValue.value()));
    assertThat(encoding("long")).isEqualTo("listpack");
    add("long", "x".repeat((int) limits.setMaxListpackValue.value() + 1));
    assertThat(encoding("long")).isEqualTo("hashtable");
    add("short", "word");
    assertThat(encoding("short")).isEqualTo("listpack");
  }

  @Test
  void copiesSetsAndReportsTheirSize() {
    for (int i = 0; i < 5000; i++) {
      add("big", "member:" + i);
    }
    try (RegionArgument copy = RegionArgument.of(slabs, "copy")) {
      Transfers.copy(database, entry("big"), database, copy.address(), copy.length());
    }
    remove("big", "member:17");
    assertThat(members("copy")).hasSize(5000).contains("member:17");
    assertThat(members("big")).hasSize(4999);
    long exact = database.memoryUsage(entry("copy"), 0);
    assertThat(exact).isBetween(5000L * 20, 5000L * 30);
    assertThat(database.memoryUsage(entry("copy"), 5)).isBetween(exact / 2, exact * 2);
  }

  @Test
  void aSnapshotSeesTheSetBeforeTheChange() {
    List<String> keys = List.of("a", "b", "c");
    for (String key : keys) {
      for (int i = 0; i < 3 + 30 * keys.indexOf(key); i++) {
        add(key, "m" + i);
      }
    }
    Map<String, TreeSet<String>> before = new HashMap<>();
    keys.forEach(key -> before.put(key, members(key)));
    Map<String, TreeSet<String>> seen = new HashMap<>();
    try (Walk walk = keyspace.startWalk((index, entry) -> seen.put(key(entry), members(entry)))) {
      add("a", "new");
      remove("b", "m1");
      add("c", "new");
      assertThat(seen).isEqualTo(before);
      assertThat(walk.isDone()).isFalse();
    }
  }

  @Test
  void picksMembersUniformly() {
    for (int count : new int[] {5, 12, 200}) {
      drop("s");
      for (int i = 0; i < count; i++) {
        add("s", "m" + i);
      }
      Map<String, Integer> drawn = new HashMap<>();
      for (int i = 0; i < count * 400; i++) {
        drawn.merge(text(sets.random(entry("s"))), 1, Integer::sum);
      }
      assertThat(drawn).hasSize(count);
      double chiSquare =
          drawn.values().stream().mapToDouble(n -> (n - 400.0) * (n - 400) / 400).sum();
      assertThat(chiSquare).isLessThan(count + 8 * Math.sqrt(2.0 * count) + 20);
    }
  }

  @Test
  void buildsSetsFromPackedBytes() {
    long listpack = slabs.allocateFar(1000);
    Listpack.create(Region.MEMORY, listpack);
    TreeSet<String> expected = new TreeSet<>();
    for (int i = 0; i < 20; i++) {
      if (i == 10) {
        fromListpack("small", listpack);
        assertThat(encoding("small")).isEqualTo("listpack");
        assertThat(members("small")).isEqualTo(expected);
      }
      Listpack.append(Region.MEMORY, listpack, i, Region.MEMORY, listpack);
      expected.add(Integer.toString(i));
    }
    fromListpack("large", listpack);
    assertThat(encoding("large")).isEqualTo("hashtable");
    assertThat(members("large")).isEqualTo(expected);
    Intset.create(Region.MEMORY, listpack);
    for (int i = 0; i < 20; i++) {
      Intset.add(Region.MEMORY, listpack, i, Region.MEMORY, listpack);
    }
    try (RegionArgument key = RegionArgument.of(slabs, "numbers")) {
      int bytes = (int) Intset.sizeBytes(Region.MEMORY, listpack);
      sets.createFromIntset(database, key.address(), key.length(), listpack, bytes);
    }
    assertThat(members("numbers")).isEqualTo(expected);
    assertThat(encoding("numbers")).isEqualTo("hashtable");
    slabs.free(listpack, 1000);
  }

  private void fromListpack(String name, long listpack) {
    try (RegionArgument key = RegionArgument.of(slabs, name)) {
      int bytes = (int) Listpack.sizeBytes(Region.MEMORY, listpack);
      sets.createFromListpack(database, key.address(), key.length(), listpack, bytes);
    }
  }

  private String member() {
    return switch (random.nextInt(8)) {
      case 0 -> Long.toString(random.nextLong());
      case 1 -> "word" + random.nextInt(60);
      case 2 -> random.nextInt(50) == 0 ? "y".repeat(random.nextInt(200)) : "z" + random.nextInt(9);
      default -> Integer.toString(random.nextInt(20) - 5);
    };
  }

  private Set<String> model(String key) {
    return model.getOrDefault(key, Set.of());
  }

  private void isSame(String key) {
    assertThat(members(key)).isEqualTo(new TreeSet<>(model(key)));
    assertThat(sets.size(entry(key))).isEqualTo(model(key).size());
  }

  private void drop(String key) {
    model.remove(key);
    if (entry(key) != Entry.NONE) {
      database.remove(entry(key));
    }
  }

  private long entry(String name) {
    try (RegionArgument key = RegionArgument.of(slabs, name)) {
      return database.find(key.address(), key.length());
    }
  }

  private boolean add(String name, String text) {
    try (RegionArgument key = RegionArgument.of(slabs, name);
        RegionArgument member = RegionArgument.of(slabs, text)) {
      long set = database.find(key.address(), key.length());
      if (set == Entry.NONE) {
        sets.create(database, key.address(), key.length(), member.address(), member.length(), 1);
        return true;
      }
      return sets.add(database, set, member.address(), member.length());
    }
  }

  private boolean remove(String name, String text) {
    long set = entry(name);
    if (set == Entry.NONE) {
      return false;
    }
    try (RegionArgument member = RegionArgument.of(slabs, text)) {
      boolean removed = sets.remove(database, set, member.address(), member.length());
      if (sets.size(sets.entry()) == 0) {
        database.remove(sets.entry());
      }
      return removed;
    }
  }

  private boolean contains(String name, String text) {
    try (RegionArgument member = RegionArgument.of(slabs, text)) {
      long set = entry(name);
      return set != Entry.NONE && sets.contains(set, member.address(), member.length());
    }
  }

  private TreeSet<String> members(String name) {
    return members(entry(name));
  }

  private TreeSet<String> members(long set) {
    TreeSet<String> found = new TreeSet<>();
    try (SetMembers member = new SetMembers(slabs)) {
      member.iterate(set);
      while (member.next()) {
        assertThat(found.add(text(member))).isTrue();
      }
    }
    return found;
  }

  private static String text(SetMembers member) {
    return text(member.address(), member.length());
  }

  private static String text(long address, int length) {
    return new String(Region.toByteArray(address, length), StandardCharsets.ISO_8859_1);
  }

  private static String key(long entry) {
    return text(Entry.keyAddress(entry), Entry.keyLength(entry));
  }

  private String encoding(String key) {
    return Values.encodingName(entry(key));
  }

  private void operands(List<String> keys) {
    algebra.clear();
    keys.forEach(key -> algebra.add(entry(key)));
  }

  private Set<String> intersection(List<String> keys) {
    operands(keys);
    Set<String> found = new HashSet<>();
    if (algebra.startIntersection()) {
      while (algebra.nextCommon()) {
        found.add(text(algebra.member()));
      }
    }
    return found;
  }

  private List<String> inOrder(long set) {
    List<String> found = new ArrayList<>();
    try (SetMembers member = new SetMembers(slabs)) {
      member.iterate(set);
      while (member.next()) {
        found.add(text(member));
      }
    }
    return found;
  }

  private long temporary(String name) {
    try (RegionArgument key = RegionArgument.of(slabs, name)) {
      return sets.createEmpty(temporaries.database(), key.address(), key.length());
    }
  }

  /** Publishes a temporary set, unless it is empty, or discards it; returns its members. */
  private Set<String> taken(long set) {
    TreeSet<String> found = members(set);
    if (found.isEmpty() || random.nextBoolean()) {
      temporaries.discard(set);
    } else {
      assertThat(members(temporaries.publish(set, keyspace.database(1)))).isEqualTo(found);
    }
    return found;
  }

  /** Limits so small that few members reach them. */
  private static EncodingDirectives smallLimits() {
    EncodingDirectives limits = new EncodingDirectives();
    limits.setMaxIntsetEntries.set(16L);
    limits.setMaxListpackEntries.set(12L);
    limits.setMaxListpackValue.set(20L);
    return limits;
  }
}
