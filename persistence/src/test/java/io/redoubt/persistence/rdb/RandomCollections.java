package io.redoubt.persistence.rdb;

import io.redoubt.persistence.packed.Packs;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/** Generates files of random collections in every encoding that a visitor can receive. */
public final class RandomCollections {

  private final RandomGenerator random;
  private final RdbWriter writer;
  private final RdbKey key = new RdbKey();
  private final RdbBytes first = new RdbBytes();
  private final RdbBytes second = new RdbBytes();
  private long alive; // live entries of the current stream

  private RandomCollections(RandomGenerator random, RdbWriter writer) {
    this.random = random;
    this.writer = writer;
  }

  /** Returns a file of that many keys, written in the given version. */
  public static byte[] file(RandomGenerator random, int version, boolean compress, int keys) {
    BufferMemory buffers = BufferMemory.offHeap();
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer = new RdbWriter(out, compress, buffers).version(version)) {
      writer.begin();
      writer.selectDb(0);
      RandomCollections collections = new RandomCollections(random, writer);
      for (int i = 0; i < keys; i++) {
        collections.value(i);
      }
      writer.end();
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private void value(int number) {
    MemorySegment name = MemorySegment.ofArray(Rdbs.latin("key " + number));
    key.plain().at(name, 0, (int) name.byteSize());
    if (random.nextInt(4) == 0) {
      key.expireAtMillis(4_000_000_000_000L + random.nextInt(1000));
    }
    switch (random.nextInt(11)) {
      case 0 -> list();
      case 1 -> quicklist();
      case 2 -> set();
      case 3 -> sortedSet();
      case 4 -> hash(false);
      case 5 -> hash(true);
      case 6 -> packed(RdbType.SET_LISTPACK, Packs.listpack(List.copyOf(elements(30))));
      case 7 -> {
        Set<Long> numbers = new TreeSet<>();
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
          numbers.add(random.nextLong() >> random.nextInt(64));
        }
        packed(RdbType.SET_INTSET, Packs.intset(numbers));
      }
      case 8 -> packedPairs();
      case 9 -> packedSortedSet();
      default -> stream();
    }
  }

  private void packed(RdbType type, byte[] bytes) {
    writer.packed(key, type, MemorySegment.ofArray(bytes), 0, bytes.length);
  }

  private String text() {
    return switch (random.nextInt(5)) {
      case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
      case 1 -> "ab".repeat(random.nextInt(60));
      case 2 -> Rdbs.noise(random, random.nextInt(300));
      default -> Rdbs.noise(random, random.nextInt(12));
    };
  }

  private Set<String> elements(int most) {
    Set<String> elements = new LinkedHashSet<>();
    for (int i = 1 + random.nextInt(most); i > 0; i--) {
      elements.add(text());
    }
    return elements;
  }

  private static RdbBytes at(RdbBytes bytes, String text) {
    return bytes.at(MemorySegment.ofArray(Rdbs.latin(text)), 0, text.length());
  }

  private double score() {
    return switch (random.nextInt(5)) {
      case 0 -> random.nextInt(10);
      case 1 -> random.nextBoolean() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
      default -> random.nextDouble() * 1e6 - 5e5;
    };
  }

  private void list() {
    Set<String> elements = elements(50);
    writer.beginList(key, RdbType.LIST, elements.size());
    elements.forEach(element -> writer.listElement(at(first, element)));
    writer.endValue();
  }

  private void quicklist() {
    int nodes = 1 + random.nextInt(4);
    writer.beginList(key, RdbType.LIST_QUICKLIST_2, nodes);
    for (int i = 0; i < nodes; i++) {
      if (random.nextInt(3) == 0) {
        int length = 1 + random.nextInt(30_000);
        boolean repeats = random.nextBoolean();
        String element = repeats ? "ab".repeat(length) : Rdbs.noise(random, length);
        writer.listElement(at(first, element));
      } else {
        byte[] node = Packs.listpack(List.copyOf(elements(30)));
        writer.listNode(MemorySegment.ofArray(node), 0, node.length);
      }
    }
    writer.endValue();
  }

  private void set() {
    Set<String> elements = elements(300);
    writer.beginSet(key, elements.size());
    elements.forEach(element -> writer.setMember(at(first, element)));
    writer.endValue();
  }

  private void sortedSet() {
    Set<String> elements = elements(300);
    writer.beginSortedSet(key, elements.size());
    elements.forEach(element -> writer.sortedSetMember(at(first, element), score()));
    writer.endValue();
  }

  private void hash(boolean expiring) {
    Set<String> fields = elements(300);
    long least = 3_000_000_000_000L;
    writer.beginHash(key, fields.size(), expiring ? least : RdbKey.NONE);
    for (String field : fields) {
      long expiry = expiring && random.nextBoolean() ? least + random.nextInt(5) : RdbKey.NONE;
      writer.hashField(at(first, field), at(second, text()), expiry);
    }
    writer.endValue();
  }

  private void packedPairs() {
    List<String> tuples = new ArrayList<>();
    boolean expiring = random.nextBoolean();
    for (String field : elements(30)) {
      tuples.add(field);
      tuples.add(text());
      if (expiring) {
        tuples.add(random.nextBoolean() ? "0" : Long.toString(3_000_000_000_000L + tuples.size()));
      }
    }
    packed(expiring ? RdbType.HASH_LISTPACK_EX : RdbType.HASH_LISTPACK, Packs.listpack(tuples));
  }

  private void packedSortedSet() {
    Map<String, Double> scores = new LinkedHashMap<>();
    for (String member : elements(30)) {
      scores.put(member, score());
    }
    List<String> pairs = new ArrayList<>();
    scores.entrySet().stream()
        .sorted(
            Comparator.comparing((Map.Entry<String, Double> e) -> e.getValue())
                .thenComparing(Map.Entry::getKey))
        .forEach(entry -> {
          pairs.add(entry.getKey());
          double score = entry.getValue();
          pairs.add(
              Double.isInfinite(score)
                  ? score > 0 ? "inf" : "-inf"
                  : score == (long) score ? Long.toString((long) score) : Double.toString(score));
        });
    packed(RdbType.ZSET_LISTPACK, Packs.listpack(pairs));
  }

  /** Returns a node of entries with ids from the given one on, some of them deleted. */
  private byte[] streamNode(int entries) {
    List<String> fields = List.of("temperature", "place");
    List<String> body = new ArrayList<>();
    int deleted = 0;
    for (int i = 0; i < entries; i++) {
      boolean same = random.nextBoolean();
      boolean gone = i > 0 && random.nextInt(4) == 0;
      deleted += gone ? 1 : 0;
      body.add(Integer.toString((gone ? 1 : 0) + (same ? 2 : 0)));
      body.add(Integer.toString(i));
      body.add("0");
      if (same) {
        body.add(text());
        body.add(text());
        body.add("5");
      } else {
        body.add("1");
        body.add(text());
        body.add(text());
        body.add("6");
      }
    }
    List<String> all = new ArrayList<>();
    all.add(Integer.toString(entries - deleted));
    all.add(Integer.toString(deleted));
    all.add(Integer.toString(fields.size()));
    all.addAll(fields);
    all.add("0");
    all.addAll(body);
    alive += entries - deleted;
    return Packs.listpack(all);
  }

  private void stream() {
    RdbType type =
        switch (random.nextInt(3)) {
          case 0 -> RdbType.STREAM_LISTPACKS;
          case 1 -> RdbType.STREAM_LISTPACKS_2;
          default -> RdbType.STREAM_LISTPACKS_3;
        };
    int nodes = random.nextInt(4);
    alive = 0;
    writer.beginStream(key, type, nodes);
    for (int i = 0; i < nodes; i++) {
      byte[] node = streamNode(1 + random.nextInt(20));
      writer.streamNode(1000 * (i + 1), 7, MemorySegment.ofArray(node), 0, node.length);
    }
    int groups = random.nextInt(3);
    writer.stream(
        new RdbStream()
            .length(alive)
            .last(5000, 8)
            .first(1000, 7)
            .deleted(1, 2)
            .entriesAdded(alive + random.nextInt(9))
            .groups(groups));
    for (int i = 0; i < groups; i++) {
      int pending = random.nextInt(5);
      writer.streamGroup(at(first, "group " + i), 2000, 1, random.nextInt(5) - 1, pending);
      for (int id = 0; id < pending; id++) {
        writer.pendingEntry(1000 + id, 7, 1_700_000_000_000L, id + 1);
      }
      writer.streamConsumers(2);
      for (int consumer = 0; consumer < 2; consumer++) {
        int from = consumer * (pending / 2);
        int to = consumer == 0 ? pending / 2 : pending;
        writer.streamConsumer(at(first, "consumer " + consumer), 1234, 1200, to - from);
        for (int id = from; id < to; id++) {
          writer.consumerEntry(1000 + id, 7);
        }
      }
    }
    writer.endValue();
  }
}
