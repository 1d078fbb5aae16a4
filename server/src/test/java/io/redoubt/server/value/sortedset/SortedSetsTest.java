package io.redoubt.server.value.sortedset;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Encoding;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.sortedset.SortedSets.Outcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Compares sorted sets of any size with a map that is sorted on access. */
final class SortedSetsTest {
  private record Scored(String member, double score) {}

  private static final Comparator<Scored> ORDER =
      Comparator.<Scored>comparingDouble(scored -> scored.score() + 0.0)
          .thenComparing(Scored::member);

  private static final double[] SCORES = {
    0,
    -0.0,
    1,
    -1,
    127,
    128,
    -128,
    -129,
    1.5,
    0.1,
    1e300,
    -1e300,
    1700000000000.0,
    0x1p52,
    0x1p53,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Double.MIN_VALUE,
    3.14159,
    1e16
  };

  private final Random random = Seed.random("SortedSetsTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Keyspace keyspace = new Keyspace(slabs, 2, random);
  private final Database database = keyspace.database(0);
  private final EncodingDirectives limits = new EncodingDirectives();
  private final SortedSets sets = new SortedSets(keyspace, limits);
  private final SortedSetCursor cursor = sets.newCursor();
  private final RegionArgument key = RegionArgument.of(slabs, "key");
  private final Map<String, Double> model = new HashMap<>();
  private long entry;

  @BeforeEach
  void registerStructures() {
    keyspace.setStructures(Type.ZSET, sets);
  }

  @AfterEach
  void everythingIsFreed() {
    key.close();
    keyspace.close();
    slabs.close();
  }

  @Test
  void behaveLikeSortedMaps() {
    for (int round = 0; round < 12; round++) {
      limits.zsetMaxListpackEntries.set(round % 3 == 0 ? 0L : round % 3 == 1 ? 40 : 1_000_000);
      limits.zsetMaxListpackValue.set(64L);
      int members = round % 4 == 3 ? 2_000 : 60;
      create();
      for (int step = 0; step < 3_000; step++) {
        change(members, step / 1_000 % 2 == 0);
        if (step % 300 == 299) {
          assertSame();
        }
        if (step % 700 == 699) {
          entry =
              Entry.expires(entry)
                  ? database.persist(entry)
                  : database.setExpiry(entry, Long.MAX_VALUE);
        }
      }
      if (limits.zsetMaxListpackEntries.value() == 0) {
        assertThat(Entry.encoding(entry)).isEqualTo(Encoding.STRUCTURE);
      }
      copyAndRemove();
    }
  }

  private void create() {
    model.clear();
    entry = sets.create(database, key.address(), key.length(), 1, 1);
  }

  private String member(int members) {
    int number = random.nextInt(members);
    return switch (number % 5) {
      case 0 -> Integer.toString(number - members / 2);
      case 1 -> "m" + number;
      case 2 -> "0" + number;
      case 3 -> "a rather long one " + "x".repeat(number % 30) + number;
      default -> "\u00e9" + number;
    };
  }

  private double score() {
    return switch (random.nextInt(3)) {
      case 0 -> SCORES[random.nextInt(SCORES.length)];
      case 1 -> random.nextInt(100);
      default -> random.nextGaussian() * Math.pow(10, random.nextInt(20));
    };
  }

  private void change(int members, boolean growing) {
    String member = member(members);
    Double old = model.get(member);
    try (RegionArgument text = RegionArgument.of(slabs, member.getBytes(ISO_8859_1))) {
      if (random.nextInt(10) < (growing ? 8 : 3)) {
        double score = score();
        entry = sets.add(database, entry, text.address(), text.length(), score, 0);
        assertThat(sets.outcome())
            .isEqualTo(
                old == null
                    ? Outcome.ADDED
                    : old.doubleValue() == score ? Outcome.UNCHANGED : Outcome.CHANGED);
        if (old == null || old.doubleValue() != score) {
          model.put(member, score);
        }
      } else if (random.nextInt(20) == 0 && model.size() > 2) {
        List<Scored> sorted = sorted();
        int from = random.nextInt(sorted.size());
        int count = Math.min(1 + random.nextInt(5), sorted.size() - from);
        entry = sets.removeRange(database, entry, from, count);
        sorted.subList(from, from + count).forEach(scored -> model.remove(scored.member()));
      } else {
        entry = sets.remove(database, entry, text.address(), text.length());
        assertThat(sets.outcome()).isEqualTo(old == null ? Outcome.ABSENT : Outcome.REMOVED);
        model.remove(member);
      }
    }
  }

  private List<Scored> sorted() {
    List<Scored> sorted = new ArrayList<>();
    model.forEach((member, score) -> sorted.add(new Scored(member, score)));
    sorted.sort(ORDER);
    return sorted;
  }

  private void assertSame() {
    assertThat(database.find(key.address(), key.length())).isEqualTo(entry);
    List<Scored> sorted = sorted();
    assertThat(sets.size(entry)).isEqualTo(sorted.size());
    assertThat(walk(true)).usingElementComparator(ORDER).containsExactlyElementsOf(sorted);
    assertThat(walk(false))
        .usingElementComparator(ORDER)
        .containsExactlyElementsOf(sorted.reversed());
    for (int i = 0; i < 20; i++) {
      double bound = score();
      assertThat(sets.countBelow(entry, bound, false))
          .isEqualTo(sorted.stream().filter(scored -> scored.score() < bound).count());
      assertThat(sets.countBelow(entry, bound, true))
          .isEqualTo(sorted.stream().filter(scored -> scored.score() <= bound).count());
    }
    int rank = 0;
    for (Scored scored : sorted) {
      try (RegionArgument text = RegionArgument.of(slabs, scored.member().getBytes(ISO_8859_1))) {
        assertThat(sets.rank(entry, text.address(), text.length())).isEqualTo(rank);
        assertThat(sets.score(entry, text.address(), text.length()) + 0.0)
            .isEqualTo(scored.score() + 0.0);
      }
      rank++;
    }
  }

  private List<Scored> walk(boolean forwards) {
    List<Scored> found = new ArrayList<>();
    boolean more = cursor.seek(entry, forwards ? 0 : sets.size(entry) - 1);
    while (more) {
      String member =
          new String(Region.toByteArray(cursor.memberAddress(), cursor.memberLength()), ISO_8859_1);
      found.add(new Scored(member, cursor.score()));
      more = forwards ? cursor.next() : cursor.previous();
    }
    cursor.close();
    return found;
  }

  private void copyAndRemove() {
    try (RegionArgument other = RegionArgument.of(slabs, "other")) {
      long first = entry;
      entry =
          Transfers.copy(database, first, keyspace.database(1), other.address(), other.length());
      database.remove(first);
      assertThat(walk(true)).usingElementComparator(ORDER).containsExactlyElementsOf(sorted());
      assertThat(keyspace.database(1).memoryUsage(entry, 0)).isPositive();
      keyspace.database(1).remove(entry);
    }
    while (keyspace.freeSome(1) > 0) {
      // removed members are freed in slices
    }
  }

  @Test
  void findsBytesAmongEqualScores() {
    for (int round = 0; round < 8; round++) {
      limits.zsetMaxListpackEntries.set(round % 2 == 0 ? 0L : 1_000_000);
      create();
      for (int i = 0; i < 300; i++) {
        addAll(member(500), 7);
      }
      List<Scored> sorted = sorted();
      for (int i = 0; i < 200; i++) {
        String bound = member(500);
        try (RegionArgument text = RegionArgument.of(slabs, bound.getBytes(ISO_8859_1))) {
          assertThat(sets.countBelow(entry, text.address(), text.length(), false))
              .isEqualTo(sorted.stream().filter(s -> s.member().compareTo(bound) < 0).count());
          assertThat(sets.countBelow(entry, text.address(), text.length(), true))
              .isEqualTo(sorted.stream().filter(s -> s.member().compareTo(bound) <= 0).count());
        }
      }
      database.remove(entry);
    }
  }

  private void addAll(String member, double score) {
    try (RegionArgument text = RegionArgument.of(slabs, member.getBytes(ISO_8859_1))) {
      entry = sets.add(database, entry, text.address(), text.length(), score, 0);
      model.put(member, score);
    }
  }

  @Test
  void convertsToASkiplistBeyondItsLimits() {
    limits.zsetMaxListpackEntries.set(3L);
    limits.zsetMaxListpackValue.set(10L);
    create();
    addAll("1", 1);
    addAll("2", 2);
    addAll("3", 3);
    addAll("3", 4);
    assertThat(Values.encodingName(entry)).isEqualTo("listpack");
    addAll("4", 4);
    assertThat(Values.encodingName(entry)).isEqualTo("skiplist");
    assertSame();
    database.remove(entry);
    create();
    addAll("0123456789", 1);
    assertThat(Values.encodingName(entry)).isEqualTo("listpack");
    addAll("0123456789a", 1);
    assertThat(Values.encodingName(entry)).isEqualTo("skiplist");
    assertSame();
  }

  @Test
  void optionsRestrictWhatIsChanged() {
    for (int entries : new int[] {0, 10}) {
      limits.zsetMaxListpackEntries.set((long) entries);
      create();
      assertAdds("m", 5, SortedSets.ONLY_EXISTING, Outcome.SKIPPED, Double.NaN);
      assertAdds("m", 5, SortedSets.ONLY_NEW, Outcome.ADDED, 5);
      assertAdds("m", 6, SortedSets.ONLY_NEW, Outcome.SKIPPED, 5);
      assertAdds("m", 4, SortedSets.ONLY_GREATER, Outcome.SKIPPED, 5);
      assertAdds("m", 6, SortedSets.ONLY_LESS, Outcome.SKIPPED, 5);
      assertAdds("m", 6, SortedSets.ONLY_GREATER, Outcome.CHANGED, 6);
      assertAdds("m", 6, SortedSets.ONLY_EXISTING, Outcome.UNCHANGED, 6);
      assertAdds("m", 1.5, SortedSets.INCREMENT, Outcome.CHANGED, 7.5);
      assertAdds("m", -1, SortedSets.INCREMENT | SortedSets.ONLY_GREATER, Outcome.SKIPPED, 7.5);
      assertAdds("m", Double.POSITIVE_INFINITY, 0, Outcome.CHANGED, Double.POSITIVE_INFINITY);
      assertAdds(
          "m",
          Double.NEGATIVE_INFINITY,
          SortedSets.INCREMENT,
          Outcome.NOT_A_NUMBER,
          Double.POSITIVE_INFINITY);
      database.remove(entry);
    }
  }

  private void assertAdds(
      String member, double score, int options, Outcome outcome, double scoreAfter) {
    try (RegionArgument text = RegionArgument.of(slabs, member.getBytes(ISO_8859_1))) {
      entry = sets.add(database, entry, text.address(), text.length(), score, options);
      assertThat(sets.outcome()).isEqualTo(outcome);
      assertThat(sets.score(entry, text.address(), text.length()))
          .isEqualTo(Double.valueOf(scoreAfter));
    }
  }

  @Test
  void buildersChooseTheEncoding() {
    for (int size : new int[] {1, 10, 11, 500}) {
      limits.zsetMaxListpackEntries.set(10L);
      model.clear();
      SortedSetBuilder builder = sets.newBuilder();
      builder.begin(0);
      for (int i = 0; i < size; i++) {
        String member = "member " + i;
        double score = score();
        try (RegionArgument text = RegionArgument.of(slabs, member.getBytes(ISO_8859_1))) {
          assertThat(builder.score(text.address(), text.length())).isNaN();
          assertThat(builder.add(text.address(), text.length(), 1)).isTrue();
          assertThat(builder.add(text.address(), text.length(), 2)).isFalse();
          builder.change(text.address(), text.length(), score);
          assertThat(builder.score(text.address(), text.length())).isEqualTo(score);
        }
        model.put(member, score);
      }
      assertThat(builder.size()).isEqualTo(size);
      entry = builder.store(database, key.address(), key.length());
      assertThat(PackedValue.isPacked(entry)).isEqualTo(size <= 10);
      assertSame();
      database.remove(entry);
    }
    SortedSetBuilder builder = sets.newBuilder();
    builder.begin(100);
    builder.add(key.address(), key.length(), 1);
    builder.abandon();
  }

  @Test
  void scansAllElements() {
    limits.zsetMaxListpackEntries.set(0L);
    create();
    for (int i = 0; i < 1_000; i++) {
      addAll("m" + i, i);
    }
    Set<String> found = new HashSet<>();
    long place = 0;
    do {
      place =
          sets.scan(
              entry,
              place,
              block ->
                  found.add(
                      new String(
                          Region.toByteArray(
                              ScoredMember.address(block), ScoredMember.length(block)),
                          ISO_8859_1)));
    } while (place != 0);
    assertThat(found).isEqualTo(model.keySet());
  }

  @Test
  void buildsSetsFromListpacks() {
    limits.zsetMaxListpackEntries.set(100L);
    create();
    for (int i = 0; i < 50; i++) {
      addAll("m" + i, i * 0.5);
    }
    byte[] listpack = Region.toByteArray(PackedValue.address(entry), PackedValue.sizeBytes(entry));
    database.remove(entry);
    for (int max : new int[] {10, 100}) {
      limits.zsetMaxListpackEntries.set((long) max);
      try (RegionArgument bytes = RegionArgument.of(slabs, listpack)) {
        entry =
            sets.createFromListpack(
                database, key.address(), key.length(), bytes.address(), bytes.length());
      }
      assertThat(PackedValue.isPacked(entry)).isEqualTo(max == 100);
      assertSame();
      database.remove(entry);
    }
  }

  /** Files have the highest score first; a damaged or foreign one may have any order. */
  @Test
  void buildsSetsFromMembersInDescendingOrder() {
    SortedSetBuilder builder = sets.newBuilder();
    for (int round = 0; round < 60; round++) {
      limits.zsetMaxListpackEntries.set(round % 2 == 0 ? 0L : 128);
      int members = 1 + random.nextInt(round % 3 == 0 ? 1000 : 50);
      List<Scored> scored = new ArrayList<>();
      for (int i = 0; i < members; i++) {
        scored.add(new Scored("m" + i, SCORES[random.nextInt(SCORES.length)] + i / 20));
      }
      scored.sort(ORDER.reversed());
      if (round % 4 == 1) {
        Collections.swap(scored, random.nextInt(members), random.nextInt(members));
      }
      builder.begin(0);
      model.clear();
      for (Scored each : scored) {
        try (RegionArgument text = RegionArgument.of(slabs, each.member())) {
          assertThat(builder.addDescending(text.address(), text.length(), each.score())).isTrue();
          assertThat(builder.addDescending(text.address(), text.length(), 7)).isFalse();
        }
        model.put(each.member(), each.score());
        assertThat(builder.size()).isEqualTo(model.size());
      }
      if (round % 10 == 9) {
        builder.abandon();
        continue;
      }
      entry = builder.store(database, key.address(), key.length());
      assertSame();
      database.remove(entry);
    }
  }

  @Test
  void limitsMemoryOfALargeSet() {
    limits.zsetMaxListpackEntries.set(0L);
    try (Slabs plain = Slabs.create(shortage -> {});
        Keyspace other = new Keyspace(plain, 1, random)) {
      SortedSets large = new SortedSets(other, limits);
      other.setStructures(Type.ZSET, large);
      try (RegionArgument text = RegionArgument.of(plain, "member:000000000")) {
        long used = plain.usedBytes();
        long at = large.create(other.database(0), text.address(), text.length(), 1, 1);
        int members = 100_000;
        for (int i = 0; i < members; i++) {
          byte[] digits = Integer.toString(i + 100_000_000).getBytes(ISO_8859_1);
          Region.put(text.address() + 7, digits);
          at =
              large.add(
                  other.database(0), at, text.address(), text.length(), random.nextDouble(), 0);
        }
        // Redis takes 128 bytes for each of these.
        assertThat((plain.usedBytes() - used) / members).isLessThan(57);
        assertThat(other.database(0).memoryUsage(at, 0))
            .isBetween((plain.usedBytes() - used) * 9 / 10, plain.usedBytes() - used);
      }
    }
  }
}
