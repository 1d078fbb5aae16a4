package io.redoubt.server.snapshot;

import io.redoubt.persistence.packed.Intset;
import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.packed.Lzf;
import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.DumpPayload;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.server.loading.RestoredValue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Random payloads of values of every type, in every encoding of a payload. */
public final class RandomValues {

  private static final int NEWEST_VERSION = 12;
  private static final long FAR_MILLIS = 4_000_000_000_000L;

  private final RandomGenerator random;
  private final RdbKey noKey = new RdbKey();
  private final RdbBytes first = new RdbBytes();
  private final RdbBytes second = new RdbBytes();

  /** Creates values derived from a random generator. */
  public RandomValues(RandomGenerator random) {
    this.random = random;
  }

  /** Returns a valid payload of any type but a string. */
  public byte[] payload() {
    BufferMemory buffers = BufferMemory.offHeap();
    int version = random.nextInt(9, NEWEST_VERSION + 1);
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer =
            DumpPayload.writer(
                out, random.nextBoolean() ? new Lzf.Compressor() : null, version, buffers)) {
      value(writer);
      DumpPayload.writeFooter(out, writer);
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private void value(RdbWriter writer) {
    switch (random.nextInt(10)) {
      case 0 -> list(writer);
      case 1 -> set(writer);
      case 2 -> sortedSet(writer);
      case 3 -> hash(writer, false);
      case 4 -> hash(writer, true);
      case 5 -> packedSet(writer);
      case 6 -> packedHash(writer, 2);
      case 7 -> packedHash(writer, 3);
      case 8 -> packedSortedSet(writer);
      default -> stream(writer);
    }
  }

  private static MemorySegment latin(String text) {
    return MemorySegment.ofArray(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static RdbBytes at(RdbBytes bytes, String text) {
    return bytes.at(latin(text), 0, text.length());
  }

  /** Returns a short text, a number, or occasionally a longer text. */
  String text() {
    return switch (random.nextInt(6)) {
      case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
      case 1 -> Integer.toString(random.nextInt(50));
      case 2 -> "ab".repeat(random.nextInt(50));
      default -> {
        byte[] bytes = new byte[random.nextInt(10)];
        random.nextBytes(bytes);
        yield new String(bytes, StandardCharsets.ISO_8859_1);
      }
    };
  }

  private Set<String> texts() {
    Set<String> texts = new LinkedHashSet<>();
    int most = random.nextInt(5) == 0 ? 200 : 16;
    for (int i = 1 + random.nextInt(most); i > 0; i--) {
      texts.add(text());
    }
    return texts;
  }

  private double score() {
    return switch (random.nextInt(4)) {
      case 0 -> Double.POSITIVE_INFINITY;
      case 1 -> random.nextInt(4);
      default -> random.nextDouble() * 1e5;
    };
  }

  private static MemorySegment listpack(Iterable<String> elements) {
    MemorySegment memory = MemorySegment.ofArray(new byte[1 << 16]);
    Listpack.create(memory, 0);
    for (String element : elements) {
      Listpack.append(memory, 0, latin(element), 0, element.length(), memory, 0);
    }
    return memory.asSlice(0, Listpack.sizeBytes(memory, 0));
  }

  private void packed(RdbWriter writer, RdbType type, MemorySegment bytes) {
    writer.packed(noKey, type, bytes, 0, (int) bytes.byteSize());
  }

  private void list(RdbWriter writer) {
    int nodes = 1 + random.nextInt(4);
    writer.beginList(noKey, RdbType.LIST_QUICKLIST_2, nodes);
    for (int i = 0; i < nodes; i++) {
      if (random.nextInt(3) == 0) {
        writer.listElement(at(first, "x" + text())); // never empty
      } else {
        MemorySegment node = listpack(texts());
        writer.listNode(node, 0, (int) node.byteSize());
      }
    }
    writer.endValue();
  }

  private void set(RdbWriter writer) {
    Set<String> members = texts();
    writer.beginSet(noKey, members.size());
    members.forEach(member -> writer.setMember(at(first, member)));
    writer.endValue();
  }

  private void packedSet(RdbWriter writer) {
    if (random.nextBoolean()) {
      packed(writer, RdbType.SET_LISTPACK, listpack(texts()));
      return;
    }
    MemorySegment memory = MemorySegment.ofArray(new byte[1 << 12]);
    Intset.create(memory, 0);
    for (int i = 1 + random.nextInt(40); i > 0; i--) {
      Intset.add(memory, 0, random.nextLong() >> random.nextInt(64), memory, 0);
    }
    packed(writer, RdbType.SET_INTSET, memory.asSlice(0, Intset.sizeBytes(memory, 0)));
  }

  private void sortedSet(RdbWriter writer) {
    Set<String> members = texts();
    writer.beginSortedSet(noKey, members.size());
    members.forEach(member -> writer.sortedSetMember(at(first, member), score()));
    writer.endValue();
  }

  private void packedSortedSet(RdbWriter writer) {
    List<String> elements = new ArrayList<>();
    int score = -5;
    for (String member : texts()) {
      score += 1 + random.nextInt(3);
      elements.add(member);
      elements.add(random.nextBoolean() ? score + "" : score + ".5");
    }
    packed(writer, RdbType.ZSET_LISTPACK, listpack(elements));
  }

  private void hash(RdbWriter writer, boolean expiring) {
    Set<String> fields = texts();
    writer.beginHash(noKey, fields.size(), expiring ? FAR_MILLIS : RdbKey.NONE);
    for (String field : fields) {
      boolean expires = expiring && random.nextBoolean();
      long expireAt = expires ? FAR_MILLIS + random.nextInt(1000) : RdbKey.NONE;
      writer.hashField(at(first, field), at(second, text()), expireAt);
    }
    writer.endValue();
  }

  private void packedHash(RdbWriter writer, int tuple) {
    List<String> elements = new ArrayList<>();
    for (String field : texts()) {
      elements.add(field);
      elements.add(text());
      if (tuple == 3) {
        elements.add(random.nextBoolean() ? "0" : FAR_MILLIS + elements.size() + "");
      }
    }
    RdbType type = tuple == 3 ? RdbType.HASH_LISTPACK_EX : RdbType.HASH_LISTPACK;
    packed(writer, type, listpack(elements));
  }

  private void stream(RdbWriter writer) {
    int nodes = random.nextInt(5);
    int entries = 0;
    writer.beginStream(noKey, streamType(), nodes);
    for (int node = 0; node < nodes; node++) {
      int count = 1 + random.nextInt(8);
      List<String> elements = new ArrayList<>(List.of(count + "", "0", "1", "field", "0"));
      for (int i = 0; i < count; i++) {
        elements.addAll(List.of("2", i + "", "0", text(), "4"));
      }
      MemorySegment listpack = listpack(elements);
      writer.streamNode(100 * (node + 1), 0, listpack, 0, (int) listpack.byteSize());
      entries += count;
    }
    int groups = random.nextInt(3);
    writer.stream(
        new RdbStream()
            .length(entries)
            .last(1000, 1)
            .first(nodes == 0 ? 0 : 100, 0)
            .deleted(random.nextInt(50), 0)
            .entriesAdded(entries + random.nextInt(5))
            .groups(groups));
    for (int group = 0; group < groups; group++) {
      int pending = random.nextInt(6);
      writer.streamGroup(at(first, "group " + group), 200, 0, random.nextInt(-1, 3), pending);
      for (int i = 0; i < pending; i++) {
        writer.pendingEntry(100 + i, 0, 1_700_000_000_000L + i, 1 + i);
      }
      writer.streamConsumers(2);
      writer.streamConsumer(at(first, "idle"), 1_700_000_000_000L, -1, 0);
      writer.streamConsumer(at(first, "busy"), 1_700_000_000_000L, 1_600_000_000_000L, pending);
      for (int i = 0; i < pending; i++) {
        writer.consumerEntry(100 + i, 0);
      }
    }
    writer.endValue();
  }

  private RdbType streamType() {
    return switch (random.nextInt(3)) {
      case 0 -> RdbType.STREAM_LISTPACKS;
      case 1 -> RdbType.STREAM_LISTPACKS_2;
      default -> RdbType.STREAM_LISTPACKS_3;
    };
  }

  /** Restores a value under a key; returns the entry. */
  static long restore(
      SnapshotFixture fixture, int database, String key, byte[] payload, long expireAtMillis)
      throws RdbException {
    long address = fixture.value(new String(payload, StandardCharsets.ISO_8859_1));
    return new RestoredValue(fixture.values)
        .restore(
            fixture.keyspace.database(database),
            fixture.key(key),
            key.length(),
            expireAtMillis,
            new RestoredValue.Payload(address, payload.length),
            what -> {});
  }
}
