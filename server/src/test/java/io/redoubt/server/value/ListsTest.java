package io.redoubt.server.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Transfers;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.keyspace.WalkSink;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.list.ListCursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ListsTest {
  private static final String KEY = "key";

  private final Random random = Seed.random("ListsTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Keyspace keyspace = new Keyspace(slabs, 1, random);
  private final Database database = keyspace.database(0);
  private final EncodingDirectives limits = new EncodingDirectives();
  private final Lists lists = new Lists(keyspace, limits);
  private final RegionArgument key = RegionArgument.of(slabs, KEY);
  private final List<String> model = new ArrayList<>();
  private long entry;

  @BeforeEach
  void registerStructures() {
    keyspace.setStructures(Type.LIST, lists);
  }

  @AfterEach
  void everythingIsFreed() {
    key.close();
    keyspace.close();
    slabs.close();
  }

  @Test
  void behaveLikeLists() {
    for (int round = 0; round < 24; round++) {
      limits.listMaxListpackSize.set(new int[] {-2, -1, 1, 7, 100}[round % 5]);
      limits.listCompressDepth.set(round % 3);
      int most = 1 + random.nextInt(round % 2 == 0 ? 12 : 400);
      for (int step = 0; step < 800; step++) {
        step(most);
        assertForm();
        if (step % 40 == 0) {
          assertThat(elements(entry)).isEqualTo(model);
        }
      }
      if (entry != 0) {
        database.remove(entry);
        entry = 0;
        model.clear();
      }
    }
  }

  private void step(int most) {
    int size = model.size();
    if (size == 0 || (size < most && random.nextBoolean())) {
      grow();
      return;
    }
    int index = random.nextInt(size);
    switch (random.nextInt(4)) {
      case 0 -> {
        int count = 1 + random.nextInt(Math.min(size, 5));
        boolean atHead = random.nextBoolean();
        int from = atHead ? 0 : size - count;
        entry = lists.remove(database, entry, from, count);
        model.subList(from, from + count).clear();
      }
      case 1 -> {
        int count = random.nextInt(size - index + 1);
        entry = lists.remove(database, entry, index, count);
        model.subList(index, index + count).clear();
      }
      case 2 -> {
        String element = model.get(index);
        boolean fromTail = random.nextBoolean();
        try (RegionArgument bytes = RegionArgument.of(slabs, element)) {
          assertThat(
                  lists.removeEqual(database, entry, bytes.address(), bytes.length(), 1, fromTail))
              .isEqualTo(1);
        }
        model.remove(fromTail ? model.lastIndexOf(element) : model.indexOf(element));
        entry = database.find(key.address(), key.length());
      }
      default -> {
        String element = element();
        try (RegionArgument bytes = RegionArgument.of(slabs, element)) {
          entry = lists.set(database, entry, index, bytes.address(), bytes.length());
        }
        model.set(index, element);
      }
    }
  }

  private void grow() {
    if (entry != 0 && random.nextInt(3) == 0) {
      String element = element();
      int index = random.nextInt(model.size() + 1);
      try (RegionArgument bytes = RegionArgument.of(slabs, element)) {
        entry = lists.insert(database, entry, index, bytes.address(), bytes.length());
      }
      model.add(index, element);
      return;
    }
    boolean atHead = random.nextBoolean();
    String[] words = new String[2 + 1 + random.nextInt(4)];
    words[0] = "RPUSH";
    words[1] = KEY;
    for (int i = 2; i < words.length; i++) {
      words[i] = element();
      model.add(atHead ? 0 : model.size(), words[i]);
    }
    push(atHead, words);
  }

  private void push(boolean atHead, String... words) {
    byte[][] arguments = new byte[words.length][];
    int bytes = 0;
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].getBytes(StandardCharsets.ISO_8859_1);
      bytes += arguments[i].length;
    }
    long place = slabs.allocateFar(bytes);
    Request request = Request.of(Region.MEMORY, place, arguments);
    entry = lists.push(database, entry, request, 1, 2, words.length, atHead);
    slabs.free(place, bytes);
  }

  private String element() {
    return switch (random.nextInt(5)) {
      case 0 -> String.valueOf(random.nextLong() >> random.nextInt(64));
      case 1 -> String.valueOf(random.nextInt(5));
      case 2 -> "x".repeat(random.nextInt(300));
      case 3 -> random.nextInt(20) == 0 ? "y".repeat(random.nextInt(10_000)) : "";
      default -> "element:" + random.nextInt(100);
    };
  }

  private List<String> elements(long list) {
    List<String> elements = new ArrayList<>();
    if (list == 0) {
      return elements;
    }
    ListCursor cursor = lists.cursor();
    for (boolean on = lists.open(list, 0); on; on = cursor.next()) {
      int length = cursor.textLength();
      long copy = slabs.allocateFar(Math.max(length, 1));
      cursor.copyText(copy);
      elements.add(new String(Region.toByteArray(copy, length), StandardCharsets.ISO_8859_1));
      slabs.free(copy, Math.max(length, 1));
    }
    cursor.close();
    return elements;
  }

  /**
   * Asserts that a listpack does not exceed the limit, and that a quicklist is too large for a
   * listpack.
   */
  private void assertForm() {
    assertThat(database.size()).isEqualTo(model.isEmpty() ? 0 : 1);
    assertThat(entry).isEqualTo(database.find(key.address(), key.length()));
    if (entry == 0) {
      return;
    }
    assertThat(Lists.length(entry)).isEqualTo(model.size());
    if (PackedValue.isPacked(entry) && limits.listMaxListpackSize.value() > 0) {
      assertThat(model.size()).isLessThanOrEqualTo(limits.listMaxListpackSize.value());
    }
  }

  @Test
  void aSnapshotSeesListsAsTheyWere() {
    limits.listMaxListpackSize.set(3);
    limits.listCompressDepth.set(1);
    String[] words = new String[60];
    for (int i = 0; i < words.length; i++) {
      words[i] = i < 2 ? KEY : element();
      if (i >= 2) {
        model.add(words[i]);
      }
    }
    push(false, words);
    Map<String, List<String>> seen = new HashMap<>();
    WalkSink sink = (index, found) -> seen.put(KEY, elements(found));
    var walk = keyspace.startWalk((index, found) -> seen.putIfAbsent(KEY, elements(found)));
    List<String> before = List.copyOf(model);
    for (int i = 0; i < 50; i++) {
      step(100);
      assertThat(seen.getOrDefault(KEY, model)).isEqualTo(before); // a step may change nothing
    }
    while (walk.step(10, sink)) {
      // to the end
    }
    walk.close();
    assertThat(seen).containsOnlyKeys(KEY);
    assertThat(seen.get(KEY)).isEqualTo(before).hasSize(58);
  }

  @Test
  void copiesLists() {
    limits.listMaxListpackSize.set(4);
    push(false, "RPUSH", KEY, "1", "b", "3", "d", "5", "f", "7");
    model.addAll(List.of("1", "b", "3", "d", "5", "f", "7"));
    try (RegionArgument other = RegionArgument.of(slabs, "other")) {
      long copy = Transfers.copy(database, entry, database, other.address(), other.length());
      entry = lists.remove(database, entry, 1, 3);
      assertThat(elements(copy)).isEqualTo(model);
      assertThat(elements(entry)).containsExactly("1", "5", "f", "7");
      assertThat(database.memoryUsage(copy, 0)).isGreaterThan(100);
    }
  }
}
