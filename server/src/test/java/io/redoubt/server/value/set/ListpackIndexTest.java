package io.redoubt.server.value.set;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class ListpackIndexTest {
  private static final int ROUNDS = 40;
  private static final int MAX_BYTES = 64 << 10;

  private final Random random = Seed.random("ListpackIndexTest");

  @Test
  void findsMembersOfAnyForm() {
    Slabs slabs = Slabs.create(shortage -> {});
    var keyspace = new Keyspace(slabs, 1, random);
    EncodingDirectives limits = new EncodingDirectives();
    limits.setMaxIntsetEntries.set(1L);
    limits.setMaxListpackEntries.set(1L);
    limits.setMaxListpackValue.set(1000L);
    var sets = new Sets(keyspace, limits);
    keyspace.setStructures(Type.SET, sets.tables());
    var index = new ListpackIndex();
    for (int round = 0; round < ROUNDS; round++) {
      Set<String> all = new TreeSet<>();
      int size = 2 + (round == 0 ? 2200 : random.nextInt(100));
      while (all.size() < size) {
        all.add(member());
      }
      List<String> members = new ArrayList<>(all);
      Collections.shuffle(members, random);
      long listpack = slabs.allocateFar(MAX_BYTES);
      Listpack.create(Region.MEMORY, listpack);
      int inside = size / 2;
      int built = random.nextInt(Math.min(inside, ListpackIndex.MAX_ENTRIES) + 1);
      for (int i = 0; i < inside; i++) {
        if (i == built) {
          index.build(listpack);
        }
        int end = (int) Listpack.sizeBytes(Region.MEMORY, listpack) - 1;
        append(slabs, listpack, members.get(i));
        if (i >= built) {
          boolean fits = index.add(listpack, end);
          assertThat(fits).isEqualTo(i < ListpackIndex.MAX_ENTRIES);
          if (!fits) {
            inside = i;
          }
        }
      }
      if (built == inside) {
        index.build(listpack);
      }
      var member = new SetMembers(slabs);
      for (int i = 0; i < size; i++) {
        for (boolean packed : new boolean[] {true, false}) {
          long set = single(keyspace, sets, members.get(i), packed);
          member.iterate(set);
          assertThat(member.next()).isTrue();
          assertThat(index.contains(listpack, member)).as(members.get(i)).isEqualTo(i < inside);
          keyspace.database(0).remove(set);
        }
      }
      member.close();
      slabs.free(listpack, MAX_BYTES);
    }
    sets.close();
    keyspace.close();
    slabs.close();
  }

  private static void append(Slabs slabs, long listpack, String member) {
    try (RegionArgument text = RegionArgument.of(slabs, member)) {
      Listpack.append(
          Region.MEMORY,
          listpack,
          Region.MEMORY,
          text.address(),
          text.length(),
          Region.MEMORY,
          listpack);
    }
  }

  /** Creates a set of one member, packed or as a table. */
  private static long single(Keyspace keyspace, Sets sets, String member, boolean packed) {
    try (RegionArgument key = RegionArgument.of(keyspace.slabs(), "key");
        RegionArgument text = RegionArgument.of(keyspace.slabs(), member)) {
      long set =
          sets.create(
              keyspace.database(0),
              key.address(),
              key.length(),
              text.address(),
              text.length(),
              packed ? 1 : 2);
      assertThat(PackedValue.isPacked(set)).isEqualTo(packed);
      return set;
    }
  }

  private String member() {
    byte[] bytes = new byte[random.nextInt(20)];
    random.nextBytes(bytes);
    return switch (random.nextInt(5)) {
      case 0 -> Integer.toString(random.nextInt(3000) - 1500);
      case 1 -> Long.toString(random.nextLong());
      case 2 -> "0" + random.nextInt(10);
      case 3 -> "member:" + random.nextInt(3000);
      default -> new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "~");
    };
  }
}
