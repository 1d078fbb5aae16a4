package io.redoubt.server.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.Hash;
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

final class ByteTableTest {
  private final Random random = Seed.random("ByteTableTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final ByteTable table = new ByteTable(slabs, new Hash(1, 2), 0);

  /** The expected contents of the table. */
  private final Map<String, Long> model = new HashMap<>();

  @AfterEach
  void freesAllMemory() {
    if (table.header() != 0) {
      while (table.dismantle(this::freeBlock)) {
        assertThat(table.header()).isNotZero();
      }
    }
    slabs.close();
  }

  @Test
  void behavesLikeAMap() {
    table.create();
    for (int step = 0; step < 60_000; step++) {
      boolean growing = step / 15_000 % 2 == 0;
      String key = "key:" + random.nextInt(20_000);
      assertThat(find(key)).isEqualTo(model.getOrDefault(key, 0L));
      if (random.nextInt(10) < (growing ? 9 : 1)) {
        put(key);
      } else {
        remove(key);
      }
      assertThat(table.size()).isEqualTo(model.size());
    }
    for (String key : List.copyOf(model.keySet())) {
      assertThat(find(key)).isEqualTo(model.get(key));
      remove(key);
    }
    assertThat(table.size()).isZero();
    assertThat(table.buckets()).isEqualTo(1);
  }

  @Test
  void findsReplacedBlocks() {
    table.create();
    for (int i = 0; i < 3000; i++) {
      put("key:" + i);
    }
    for (String key : List.copyOf(model.keySet())) {
      long old = model.get(key);
      long block = newBlock(key);
      table.replace(hash(key), old, block);
      model.put(key, block);
      freeBlock(old);
    }
    model.forEach((key, block) -> assertThat(find(key)).isEqualTo(block));
  }

  @Test
  void scansEveryLastingEntryWhileTheTableGrowsAndShrinks() {
    for (int round = 0; round < 40; round++) {
      table.create();
      Set<String> lasting = new HashSet<>();
      for (int i = random.nextInt(3000); i > 0; i--) {
        put("stay:" + i);
        lasting.add("stay:" + i);
      }
      int transients = 0;
      Set<String> seen = new HashSet<>();
      boolean growing = random.nextBoolean();
      long cursor = 0;
      do {
        cursor = table.scan(cursor, block -> seen.add(key(block)));
        int changes = random.nextInt(200);
        for (int i = 0; i < changes; i++) {
          if (growing) {
            put("transient:" + transients++);
          } else if (transients > 0) {
            remove("transient:" + --transients);
          }
        }
        if (random.nextInt(20) == 0) {
          growing = !growing;
        }
        // Endless additions could keep a scan from ending, but not at this rate.
        if (transients > 20_000) {
          growing = false;
        }
      } while (cursor != 0);
      lasting.removeAll(seen);
      assertThat(lasting).as("entries not scanned").isEmpty();
      model.clear();
      while (table.dismantle(this::freeBlock)) {
        assertThat(table.header()).isNotZero();
      }
    }
  }

  @Test
  void scansAnUnchangedTableOnceAndMayRemoveEntries() {
    table.create();
    for (int i = 0; i < 5000; i++) {
      put("key:" + i);
    }
    List<String> seen = new ArrayList<>();
    long cursor = 0;
    do {
      cursor = table.scan(cursor, block -> seen.add(key(block)));
    } while (cursor != 0);
    assertThat(seen).hasSize(5000).doesNotHaveDuplicates();
    do {
      cursor = table.scan(cursor, block -> remove(key(block)));
    } while (cursor != 0);
    assertThat(table.size()).isZero();
  }

  @Test
  void acceptsAnyCursor() {
    table.create();
    for (int i = 0; i < 1000; i++) {
      put("key:" + i);
    }
    for (int i = 0; i < 1000; i++) {
      long next = table.scan(random.nextLong(), block -> assertThat(model).containsKey(key(block)));
      assertThat(Long.compareUnsigned(next, Integer.toUnsignedLong(-1))).isNegative();
    }
  }

  @Test
  void takesSevenOrEightBytesABlock() {
    Slabs plain = Slabs.create(shortage -> {});
    ByteTable grown = new ByteTable(plain, new Hash(3, 4), 0);
    grown.create();
    for (int size = 1; size <= 40_000; size++) {
      long own = plain.allocate(8);
      Region.putInt(BlockLength.put(own, 4), size);
      grown.insert(grown.hash(own + 1, 4), own);
      if (size >= 20_000 && size % 1000 == 0) {
        assertThat((double) (plain.usedBytes() - 8L * size) / size).isBetween(6.0, 8.0);
        assertThat(size / (12.0 * grown.buckets())).isGreaterThan(0.8);
      }
    }
  }

  @Test
  void choosesRandomBlocksUniformly() {
    table.create();
    for (int i = 0; i < 150; i++) {
      put("key:" + i);
    }
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < 150_000; i++) {
      counts.merge(key(table.random(random)), 1, Integer::sum);
    }
    assertThat(counts).hasSize(150);
    assertThat(counts.values()).allMatch(count -> count > 800 && count < 1200);
  }

  @Test
  void storesKeysOfAnyLength() {
    table.create();
    byte[] long1 = new byte[200_000];
    random.nextBytes(long1);
    List<String> keys = List.of("", "\0", "\0\0", "x".repeat(127), "x".repeat(128), latin1(long1));
    keys.forEach(this::put);
    keys.forEach(key -> assertThat(find(key)).isEqualTo(model.get(key)));
    assertThat(find("\0\0\0")).isZero();
    assertThat(find("x".repeat(129))).isZero();
    keys.forEach(this::remove);
  }

  @Test
  void findsKeysAfterLookAhead() {
    table.create();
    table.expect(10_000);
    assertThat(table.buckets()).isEqualTo(1000);
    for (int i = 0; i < 10_000; i++) {
      put("key:" + i);
    }
    long[] hashes = new long[64];
    long[] lookedAt = new long[64];
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 63; i++) {
      keys.add("key:" + random.nextInt(20_000));
      hashes[i] = hash(keys.get(i));
      lookedAt[i] = table.bucket(hashes[i]);
      assertThat(ByteTable.bucket(table.header(), hashes[i])).isEqualTo(lookedAt[i]);
    }
    table.prefetch(hashes, lookedAt, 64);
    assertThat(lookedAt[63]).isZero();
    int right = 0;
    for (int i = 0; i < 63; i++) {
      right += lookedAt[i] == find(keys.get(i)) ? 1 : 0;
    }
    // Tags may collide, and blocks may have overflowed the bucket: of three keys on average.
    assertThat(right).isGreaterThan(45);
    assertThat(find("key:77")).isEqualTo(model.get("key:77"));
  }

  private static String latin1(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static String key(long block) {
    return latin1(Region.toByteArray(block + BlockLength.sizeAt(block), BlockLength.get(block)));
  }

  private long newBlock(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.ISO_8859_1);
    long block = slabs.allocate(BlockLength.size(bytes.length) + bytes.length);
    Region.put(BlockLength.put(block, bytes.length), bytes);
    return block;
  }

  private void freeBlock(long block) {
    slabs.free(block, BlockLength.sizeAt(block) + BlockLength.get(block));
  }

  private long hash(String key) {
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      return table.hash(argument.address(), argument.length());
    }
  }

  private long find(String key) {
    try (RegionArgument argument = RegionArgument.of(slabs, key)) {
      return table.find(argument.address(), argument.length());
    }
  }

  private void put(String key) {
    if (!model.containsKey(key)) {
      long block = newBlock(key);
      table.insert(hash(key), block);
      model.put(key, block);
    }
  }

  private void remove(String key) {
    Long block = model.remove(key);
    if (block != null) {
      table.remove(hash(key), block);
      freeBlock(block);
    }
  }
}
