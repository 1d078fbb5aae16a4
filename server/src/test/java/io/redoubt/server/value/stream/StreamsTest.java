package io.redoubt.server.value.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.packed.PackedException;
import io.redoubt.persistence.packed.StreamListpack;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.ReplyCollector;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.RegionArgument;
import io.redoubt.server.memory.SlabBuffers;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.settings.EncodingDirectives;
import io.redoubt.server.structure.IdTree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class StreamsTest {
  private static final int WORDS_BYTES = 1 << 16;

  private record Id(long millis, long sequence) implements Comparable<Id> {
    @Override
    public int compareTo(Id other) {
      return IdTree.compare(millis, sequence, other.millis, other.sequence);
    }

    StreamId toStreamId() {
      StreamId id = new StreamId();
      id.set(millis, sequence);
      return id;
    }
  }

  private record Pending(String consumer, long delivered, long deliveries) {}

  private static final class Model {
    final TreeMap<Id, List<String>> entries = new TreeMap<>();
    final Map<String, TreeMap<Id, Pending>> groups = new TreeMap<>();
    Id last = new Id(0, 0);
    long added;
  }

  private final Random random = Seed.random("StreamsTest");
  private final Slabs slabs = CheckingSlabs.create();
  private final Keyspace keyspace = new Keyspace(slabs, 1, Seed.from(1));
  private final long wordsAt = slabs.allocateFar(WORDS_BYTES);

  private Request words(List<String> words) {
    byte[][] arguments =
        words.stream()
            .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
            .toArray(byte[][]::new);
    return Request.of(Region.MEMORY, wordsAt, arguments);
  }

  private List<String> randomFields(int salt) {
    List<String> words = new ArrayList<>();
    int fields = random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 2;
    for (int i = 0; i < fields; i++) {
      words.add(random.nextInt(20) == 0 ? Integer.toString(salt) : "field" + i);
      words.add(
          switch (random.nextInt(4)) {
            case 0 -> Integer.toString(random.nextInt());
            case 1 -> "";
            case 2 -> "v".repeat(random.nextInt(200));
            default -> Integer.toString(random.nextInt(100));
          });
    }
    return words;
  }

  @Test
  void behaveLikeATreeMap() throws PackedException {
    for (int round = 0; round < 5; round++) {
      EncodingDirectives limits =
          limits(random.nextBoolean() ? 0 : 100 + random.nextInt(4000), random.nextInt(30));
      Streams streams = new Streams(keyspace, limits);
      long root = streams.newRoot();
      Model model = new Model();
      for (int step = 0; step < 2000; step++) {
        step(streams, root, model, step);
        if (step % 300 == 299) {
          assertSame(streams, root, model);
          root = exchange(streams, root, step);
          assertSame(streams, root, model);
        }
      }
      dismantle(streams, root);
    }
    slabs.free(wordsAt, WORDS_BYTES);
    keyspace.close();
    slabs.close();
  }

  private void step(Streams streams, long root, Model model, int step) {
    switch (random.nextInt(12)) {
      case 0 -> delete(streams, root, model);
      case 1 -> {
        if (random.nextInt(40) == 0) {
          trim(streams, root, model);
        }
      }
      case 2, 3, 4, 5 -> group(streams, root, model, step);
      default -> add(streams, root, model, step);
    }
  }

  private void add(Streams streams, long root, Model model, int step) {
    Id id =
        random.nextInt(3) == 0
            ? new Id(model.last.millis + 1 + random.nextInt(300), random.nextInt(500))
            : new Id(model.last.millis, model.last.sequence + 1 + random.nextInt(2));
    List<String> fields = randomFields(step);
    streams.append(root, id.toStreamId(), words(fields), 0, fields.size());
    model.entries.put(id, fields);
    model.last = id;
    model.added++;
  }

  private Id someId(Model model) {
    Id near = new Id(random.nextLong(model.last.millis + 2), random.nextInt(3));
    Id entry = model.entries.ceilingKey(near);
    return entry == null || random.nextInt(5) == 0 ? near : entry;
  }

  private void delete(Streams streams, long root, Model model) {
    Id id = someId(model);
    boolean deleted = streams.delete(root, id.toStreamId());
    assertThat(deleted).isEqualTo(model.entries.remove(id) != null);
    if (deleted) {
      streams.onDeleted(root);
    }
  }

  private void trim(Streams streams, long root, Model model) {
    long before = model.entries.size();
    boolean wholeNodes = random.nextBoolean();
    long limit = random.nextInt(3) == 0 ? 1 + random.nextInt(50) : 0;
    long deleted;
    long wanted;
    if (random.nextBoolean()) {
      long length = random.nextInt(400);
      deleted = streams.trimToLength(root, length, wholeNodes, limit);
      wanted = Math.max(before - length, 0);
    } else {
      Id id = someId(model);
      deleted = streams.trimToId(root, id.toStreamId(), wholeNodes, limit);
      wanted = model.entries.headMap(id).size();
    }
    if (wholeNodes || limit > 0) {
      assertThat(deleted).isLessThanOrEqualTo(wanted);
    } else {
      assertThat(deleted).isEqualTo(wanted);
    }
    for (long i = 0; i < deleted; i++) {
      model.entries.pollFirstEntry();
    }
  }

  private void group(Streams streams, long root, Model model, int step) {
    StreamGroups groups = streams.groups();
    String name = "g" + random.nextInt(3);
    String consumerName = "c" + random.nextInt(4);
    try (RegionArgument groupWord = RegionArgument.of(slabs, name);
        RegionArgument consumerWord = RegionArgument.of(slabs, consumerName)) {
      long group = groups.find(root, groupWord.address(), groupWord.length());
      assertThat(group != 0).isEqualTo(model.groups.containsKey(name));
      if (group == 0) {
        group = groups.create(root, groupWord.address(), groupWord.length(), new StreamId(), step);
        model.groups.put(name, new TreeMap<>());
      } else if (random.nextInt(300) == 0) {
        groups.destroy(root, group);
        model.groups.remove(name);
        return;
      }
      TreeMap<Id, Pending> pending = model.groups.getOrDefault(name, new TreeMap<>());
      long consumer = groups.findConsumer(group, consumerWord.address(), consumerWord.length());
      if (consumer == 0) {
        consumer =
            groups.createConsumer(group, consumerWord.address(), consumerWord.length(), step);
      } else if (random.nextInt(200) == 0) {
        long count = groups.deleteConsumer(group, consumer);
        assertThat(count)
            .isEqualTo(
                pending.values().stream().filter(p -> p.consumer.equals(consumerName)).count());
        pending.values().removeIf(p -> p.consumer.equals(consumerName));
        return;
      }
      Id id = someId(model);
      if (random.nextInt(3) > 0) {
        groups.deliver(group, consumer, id.toStreamId(), step, step % 7);
        pending.put(id, new Pending(consumerName, step, step % 7));
      } else {
        assertThat(groups.acknowledge(group, id.toStreamId()))
            .isEqualTo(pending.remove(id) != null);
      }
    }
  }

  private void assertSame(Streams streams, long root, Model model) throws PackedException {
    assertThat(StreamRoot.length(root)).isEqualTo(model.entries.size());
    assertThat(StreamRoot.entriesAdded(root)).isEqualTo(model.added);
    assertThat(id(StreamRoot.lastId(root))).isEqualTo(model.last);
    Id first = model.entries.isEmpty() ? new Id(0, 0) : model.entries.firstKey();
    assertThat(id(StreamRoot.firstId(root))).isEqualTo(first);
    Id from = someId(model);
    Id to = someId(model);
    NavigableMap<Id, List<String>> all = model.entries;
    assertThat(read(streams, root, new Id(0, 0), new Id(-1, -1), false)).isEqualTo(text(all));
    assertThat(read(streams, root, new Id(0, 0), new Id(-1, -1), true))
        .isEqualTo(text(all.descendingMap()));
    if (from.compareTo(to) <= 0) {
      NavigableMap<Id, List<String>> part = all.subMap(from, true, to, true);
      assertThat(read(streams, root, from, to, false)).isEqualTo(text(part));
      assertThat(read(streams, root, from, to, true)).isEqualTo(text(part.descendingMap()));
    }
    StreamListpack check = new StreamListpack();
    IdTree nodes = streams.nodes(root);
    for (long at = nodes.first(); at != 0; at = nodes.next()) {
      long node = Streams.node(at);
      check.check(Region.MEMORY, node, StreamNode.sizeBytes(node), IdTree.high(at), IdTree.low(at));
    }
    assertGroups(streams.groups(), root, model);
  }

  private static void assertGroups(StreamGroups groups, long root, Model model) {
    Map<String, TreeMap<Id, Pending>> found = new TreeMap<>();
    for (int i = 0; i < groups.count(root); i++) {
      long group = groups.get(root, i);
      TreeMap<Id, Pending> pending = new TreeMap<>();
      IdTree tree = groups.pending(group);
      for (long at = tree.first(); at != 0; at = tree.next()) {
        long owner = PendingEntry.owner(at);
        String consumer = string(StreamGroups.consumerName(owner), owner);
        pending.put(
            id(at), new Pending(consumer, PendingEntry.delivered(at), PendingEntry.deliveries(at)));
      }
      found.put(string(StreamGroups.groupName(group), group), pending);
      List<Id> ofConsumers = new ArrayList<>();
      for (int k = 0; k < groups.consumers(group); k++) {
        IdTree ids = groups.pendingIds(groups.consumer(group, k));
        for (long at = ids.first(); at != 0; at = ids.next()) {
          ofConsumers.add(id(at));
        }
      }
      assertThat(ofConsumers).containsExactlyInAnyOrderElementsOf(pending.keySet());
    }
    assertThat(found).isEqualTo(model.groups);
  }

  private static String string(long address, long block) {
    byte[] bytes = Region.toByteArray(address, StreamGroups.nameLength(block));
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static Id id(long address) {
    return new Id(Region.getLong(address), Region.getLong(address + 8));
  }

  private List<String> read(Streams streams, long root, Id from, Id to, boolean reverse) {
    List<String> found = new ArrayList<>();
    StreamEntries entries = streams.entries();
    entries.start(root, from.toStreamId(), to.toStreamId(), reverse);
    while (entries.next()) {
      found.add(entries.id() + "=" + fields(entries));
    }
    return found;
  }

  private String fields(StreamEntries entries) {
    var buffers = new SlabBuffers(slabs);
    try (var collector = new ReplyCollector(buffers)) {
      entries.writeFields(new ReplyWriter(collector));
      byte[] bytes = new byte[(int) collector.length()];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] =
            collector.memory().get(java.lang.foreign.ValueLayout.JAVA_BYTE, collector.start() + i);
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }

  private static List<String> text(Map<Id, List<String>> entries) {
    List<String> texts = new ArrayList<>();
    entries.forEach((id, words) -> {
      var text = new StringBuilder(id.toStreamId() + "=*" + words.size() + "\r\n");
      words.forEach(w -> text.append("$").append(w.length()).append("\r\n").append(w + "\r\n"));
      texts.add(text.toString());
    });
    return texts;
  }

  /**
   * Continues with a copy of the stream, or with one rebuilt from the view that a save has of it.
   */
  private long exchange(Streams streams, long root, int step) {
    assertThat(streams.sizeBytes(root, 0)).isPositive();
    long copy = step % 600 == 599 ? streams.copy(root) : rebuilt(streams, root);
    dismantle(streams, root);
    return copy;
  }

  private long rebuilt(Streams streams, long root) {
    Streams other = new Streams(keyspace, limits(4096, 100));
    long copy = other.newRoot();
    StreamId id = new StreamId();
    IdTree nodes = streams.nodes(root);
    for (long at = nodes.first(); at != 0; at = nodes.next()) {
      id.load(at);
      assertThat(other.addNode(copy, id, Region.MEMORY, Streams.node(at))).isTrue();
      assertThat(other.addNode(copy, id, Region.MEMORY, Streams.node(at))).isFalse();
    }
    other.onLoaded(copy);
    id.load(StreamRoot.lastId(root));
    StreamRoot.setLastId(copy, id);
    StreamRoot.setEntriesAdded(copy, StreamRoot.entriesAdded(root));
    StreamGroups from = streams.groups();
    StreamGroups to = other.groups();
    for (int i = 0; i < from.count(root); i++) {
      long group = from.get(root, i);
      id.load(StreamGroups.lastId(group));
      long made =
          to.create(copy, StreamGroups.groupName(group), StreamGroups.nameLength(group), id, 0);
      IdTree pending = from.pending(group);
      for (long at = pending.first(); at != 0; at = pending.next()) {
        id.load(at);
        long delivered = PendingEntry.delivered(at);
        assertThat(to.addPending(made, id, delivered, PendingEntry.deliveries(at))).isTrue();
      }
      assertThat(to.isAssigned(made)).isEqualTo(pending.size() == 0);
      for (int k = 0; k < from.consumers(group); k++) {
        long consumer = from.consumer(group, k);
        long name = StreamGroups.consumerName(consumer);
        long its = to.createConsumer(made, name, StreamGroups.nameLength(consumer), 1);
        IdTree ids = from.pendingIds(consumer);
        for (long at = ids.first(); at != 0; at = ids.next()) {
          id.load(at);
          assertThat(to.assign(made, its, id)).isTrue();
          assertThat(to.assign(made, its, id)).isFalse();
        }
      }
      assertThat(to.isAssigned(made)).isTrue();
    }
    return copy;
  }

  private static void dismantle(Streams streams, long root) {
    long steps = 0;
    while (streams.dismantle(root)) {
      steps++;
    }
    assertThat(steps).isPositive();
  }

  @Test
  void rememberTheHighestIdDeleted() {
    Streams streams = new Streams(keyspace, limits(4096, 100));
    long root = streams.newRoot();
    for (int i = 1; i < 10; i++) {
      streams.append(root, new Id(i, 0).toStreamId(), words(List.of("a", "b")), 0, 2);
    }
    assertThat(streams.delete(root, new Id(5, 0).toStreamId())).isTrue();
    assertThat(streams.delete(root, new Id(3, 0).toStreamId())).isTrue();
    assertThat(streams.delete(root, new Id(3, 0).toStreamId())).isFalse();
    assertThat(id(StreamRoot.maxDeletedId(root))).isEqualTo(new Id(5, 0));
    StreamId last = new StreamId();
    assertThat(streams.lastEntry(root, last)).isTrue();
    assertThat(last).hasToString("9-0");
    while (streams.dismantle(root)) {
      // to its end
    }
    slabs.free(wordsAt, WORDS_BYTES);
    keyspace.close();
    slabs.close();
  }

  @Test
  void freesAGroupWithManyPendingEntriesInSlices() {
    Streams streams = new Streams(keyspace, limits(4096, 100));
    long root = streams.newRoot();
    StreamGroups groups = streams.groups();
    StreamId zero = new Id(0, 0).toStreamId();
    try (RegionArgument name = RegionArgument.of(slabs, "consumer")) {
      long group = groups.create(root, name.address(), name.length(), zero, 0);
      long consumer = groups.createConsumer(group, name.address(), name.length(), 1);
      for (int i = 1; i <= 10_000; i++) {
        groups.deliver(group, consumer, new Id(i, 0).toStreamId(), 1, 1);
      }
      groups.destroy(root, group);
    }
    assertThat(groups.count(root)).isZero();
    assertThat(keyspace.garbageCount()).isEqualTo(1);
    int slices = 0;
    while (keyspace.freeSome(1) > 0) {
      slices++;
    }
    assertThat(slices).isGreaterThan(100);
    assertThat(streams.dismantle(root)).isFalse();
    slabs.free(wordsAt, WORDS_BYTES);
    keyspace.close();
    slabs.close();
  }

  private static EncodingDirectives limits(long streamNodeMaxBytes, long streamNodeMaxEntries) {
    EncodingDirectives limits = new EncodingDirectives();
    limits.streamNodeMaxBytes.set(streamNodeMaxBytes);
    limits.streamNodeMaxEntries.set(streamNodeMaxEntries);
    return limits;
  }
}
