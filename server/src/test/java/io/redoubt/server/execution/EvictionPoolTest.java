package io.redoubt.server.execution;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class EvictionPoolTest {
  private static final int SIZE = 16;

  @Test
  void returnsTheBestCandidatesFirst() {
    Random random = Seed.random("EvictionPoolTest");
    try (Slabs slabs = CheckingSlabs.create();
        Keyspace keyspace = new Keyspace(slabs, 2, random);
        EvictionPool pool = new EvictionPool(slabs)) {
      for (int round = 0; round < 200; round++) {
        PriorityQueue<Long> best = new PriorityQueue<>();
        int offers = random.nextInt(60);
        for (int i = 0; i < offers; i++) {
          long badness = random.nextInt(100);
          Database database = keyspace.database(random.nextInt(2));
          pool.offer(database, put(slabs, database, badness + ":" + "x".repeat(i * 3)), badness);
          best.add(badness);
          if (best.size() > SIZE) {
            best.remove();
          }
        }
        List<Long> taken = new ArrayList<>();
        while (pool.takeBest()) {
          long entry = pool.taken(keyspace);
          assertThat(pool.takenFrom(keyspace).find(Entry.keyAddress(entry), Entry.keyLength(entry)))
              .isEqualTo(entry);
          taken.add(badnessOf(entry));
        }
        List<Long> expected = new ArrayList<>(best.stream().sorted().toList().reversed());
        assertThat(taken).isEqualTo(expected);
      }
    }
  }

  @Test
  void skipsDeletedCandidates() {
    try (Slabs slabs = CheckingSlabs.create();
        Keyspace keyspace = new Keyspace(slabs, 1, Seed.from(1));
        EvictionPool pool = new EvictionPool(slabs)) {
      Database database = keyspace.database(0);
      long entry = put(slabs, database, "7:");
      pool.offer(database, entry, 7);
      database.remove(entry);
      assertThat(pool.takeBest()).isTrue();
      assertThat(pool.taken(keyspace)).isEqualTo(Entry.NONE);
      assertThat(pool.takeBest()).isFalse();
    }
  }

  private static long put(Slabs slabs, Database database, String key) {
    try (RegionArgument name = RegionArgument.of(slabs, key)) {
      return database.putInteger(name.address(), name.length(), 1, Entry.NO_EXPIRY);
    }
  }

  private static long badnessOf(long entry) {
    String key =
        new String(Region.toByteArray(Entry.keyAddress(entry), Entry.keyLength(entry)), US_ASCII);
    return Long.parseLong(key.substring(0, key.indexOf(':')));
  }
}
