package io.redoubt.server.snapshot;

import io.redoubt.protocol.resp.Request;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.hash.Hashes;
import io.redoubt.server.value.set.Sets;
import io.redoubt.server.value.sortedset.SortedSets;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;

/**
 * Creates and randomly changes collections of some hundred elements and strings of some 100 KB,
 * with every kind of change.
 */
public final class LargeChanges {

  private static final int NAMES = 1500;

  private final SnapshotFixture fixture;
  private final RandomGenerator random;
  private long lastStreamId = 1000;

  public LargeChanges(SnapshotFixture fixture, RandomGenerator random) {
    this.fixture = fixture;
    this.random = random;
  }

  private String name() {
    int number = random.nextInt(NAMES);
    return switch (number % 7) {
      case 0 -> Integer.toString(number);
      case 1 -> "name:".repeat(9) + number;
      default -> "n" + number;
    };
  }

  private String value() {
    return switch (random.nextInt(12)) {
      case 0 -> "long ".repeat(random.nextInt(1500));
      case 1 -> Integer.toString(random.nextInt());
      default -> Long.toHexString(random.nextLong(1 << 20));
    };
  }

  private void makeString(Database database, String key) {
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(400_000);
    while (text.length() < length) {
      text.append(random.nextLong());
    }
    fixture.set(database.index(), key, text.toString(), -1);
  }

  private void changeString(Database database, long entry) {
    int length = StringValue.length(entry);
    int at = random.nextInt(length + 1);
    String piece = value();
    long address = fixture.value(piece);
    switch (random.nextInt(8)) {
      case 0 -> StringValue.append(database, entry, address, piece.length());
      case 1 -> {
        int gap = random.nextInt(500);
        StringValue.setRange(database, entry, length + gap, address, piece.length());
      }
      case 2 -> {
        if (random.nextInt(10) == 0) {
          StringValue.edit(database, entry, Math.max(at, 1), 0, 0);
        }
      }
      case 3 -> {
        int grown = Math.max(length, at + random.nextInt(1, 100));
        long changed = StringValue.edit(database, entry, grown, at, at + 1);
        Region.putByte(StringValue.bytesAddress(changed) + at, random.nextInt());
      }
      default -> StringValue.setRange(database, entry, at, address, piece.length());
    }
  }

  /** Creates a collection of a type with some hundred elements, under an unused key. */
  public void make(Database database, String key, Type type) {
    if (type == Type.STRING) {
      makeString(database, key);
      return;
    }
    int elements = random.nextInt(3) == 0 ? random.nextInt(1, 20) : random.nextInt(20, 900);
    String first = name();
    long at = fixture.value(first);
    switch (type) {
      case LIST ->
          fixture
              .values
              .lists()
              .create(database, fixture.key(key), key.length(), at, first.length());
      case SET ->
          fixture
              .values
              .sets()
              .create(database, fixture.key(key), key.length(), at, first.length(), 1);
      case ZSET ->
          fixture
              .values
              .sortedSets()
              .create(database, fixture.key(key), key.length(), elements, 50);
      case HASH ->
          fixture.values.hashes().create(database, fixture.key(key), key.length(), elements, 0);
      default -> fixture.values.streams().create(database, fixture.key(key), key.length());
    }
    for (int i = 0; i < elements; i++) {
      long entry = database.find(fixture.key(key), key.length());
      switch (type) {
        case LIST -> push(database, entry);
        case SET -> addToSet(database, entry);
        case ZSET -> addToSortedSet(database, entry);
        case HASH -> putIntoHash(database, entry);
        default -> append(database, entry);
      }
    }
    if (type == Type.STREAM && random.nextBoolean()) {
      group(database.find(fixture.key(key), key.length()));
    }
  }

  /** Creates a group with some hundred pending entries. */
  private void group(long entry) {
    long root = Streams.root(entry);
    String name = "group" + random.nextInt(3);
    StreamGroups groups = fixture.values.streams().groups();
    if (groups.find(root, fixture.value(name), name.length()) != 0) {
      return;
    }
    StreamId id = new StreamId();
    id.set(1000, 0);
    long group = groups.create(root, fixture.value(name), name.length(), id, 0);
    int consumers = random.nextInt(1, 4);
    for (int i = 0; i < consumers; i++) {
      groups.createConsumer(group, fixture.value("consumer" + i), 9, 1);
    }
    for (int i = random.nextInt(500); i > 0; i--) {
      id.set(random.nextLong(1000, lastStreamId + 1), random.nextInt(3));
      groups.deliver(group, groups.consumer(group, random.nextInt(consumers)), id, i, 1);
    }
  }

  private void changeGroup(long root, StreamId id) {
    StreamGroups groups = fixture.values.streams().groups();
    int count = groups.count(root);
    if (count == 0) {
      return;
    }
    long group = groups.get(root, random.nextInt(count));
    int consumers = groups.consumers(group);
    int what = random.nextInt(40);
    if (what == 0) {
      groups.destroy(root, group);
    } else if (what == 1) {
      String name = "newer" + random.nextInt(10);
      if (groups.findConsumer(group, fixture.value(name), name.length()) == 0) {
        groups.createConsumer(group, fixture.value(name), name.length(), 2);
      }
    } else if (consumers == 0) {
      return;
    } else if (what == 2) {
      groups.deleteConsumer(group, groups.consumer(group, random.nextInt(consumers)));
    } else if (what < 20) {
      groups.acknowledge(group, id);
    } else if (what < 25) {
      long element = groups.pending(group).ceiling(id.millis(), id.sequence());
      if (element != 0) {
        groups.countDelivery(group, element, 9);
      }
    } else {
      groups.deliver(group, groups.consumer(group, random.nextInt(consumers)), id, 5, 2);
    }
  }

  /** Changes the collection of an entry, which may be removed by that. */
  public void change(Database database, long entry) {
    switch (Entry.type(entry)) {
      case LIST -> changeList(database, entry);
      case SET -> changeSet(database, entry);
      case ZSET -> changeSortedSet(database, entry);
      case HASH -> changeHash(database, entry);
      case STREAM -> changeStream(database, entry);
      case STRING -> changeString(database, entry);
    }
  }

  private void push(Database database, long entry) {
    String element = value();
    boolean atHead = random.nextInt(3) == 0;
    fixture.values.lists().push(database, entry, fixture.value(element), element.length(), atHead);
  }

  private void changeList(Database database, long entry) {
    Lists lists = fixture.values.lists();
    long length = Lists.length(entry);
    String element = value();
    long at = fixture.value(element);
    switch (random.nextInt(9)) {
      case 0, 1 -> push(database, entry);
      case 2 -> lists.set(database, entry, random.nextLong(length), at, element.length());
      case 3 -> lists.insert(database, entry, random.nextLong(length + 1), at, element.length());
      case 4 -> lists.removeEqual(database, entry, fixture.value("7"), 1, 3, random.nextBoolean());
      case 5 -> lists.remove(database, entry, 0, 1 + random.nextLong(Math.min(length, 40)));
      case 6 -> {
        long count = 1 + random.nextLong(Math.min(length, 40));
        lists.remove(database, entry, length - count, count);
      }
      case 7 -> {
        long index = random.nextLong(length);
        lists.remove(database, entry, index, 1 + random.nextLong(length - index) / 4);
      }
      default -> {
        if (random.nextInt(8) == 0) {
          lists.remove(database, entry, 0, length - 1); // LTRIM
        }
      }
    }
  }

  private void addToSet(Database database, long entry) {
    String member = name();
    fixture.values.sets().add(database, entry, fixture.value(member), member.length());
  }

  private void changeSet(Database database, long entry) {
    Sets sets = fixture.values.sets();
    String member = name();
    if (random.nextBoolean()) {
      addToSet(database, entry);
    } else if (sets.remove(database, entry, fixture.value(member), member.length())
        && sets.size(sets.entry()) == 0) {
      database.remove(sets.entry());
    }
  }

  private void addToSortedSet(Database database, long entry) {
    String member = name();
    double score = random.nextInt(4) == 0 ? random.nextInt(50) : random.nextGaussian();
    SortedSets sets = fixture.values.sortedSets();
    sets.add(database, entry, fixture.value(member), member.length(), score, 0);
  }

  private void changeSortedSet(Database database, long entry) {
    SortedSets sets = fixture.values.sortedSets();
    String member = name();
    long size = sets.size(entry);
    switch (random.nextInt(5)) {
      case 0, 1 -> addToSortedSet(database, entry);
      case 2 ->
          sets.add(
              database, entry, fixture.value(member), member.length(), 1, SortedSets.INCREMENT);
      case 3 -> {
        if (size > 1) {
          sets.remove(database, entry, fixture.value(member), member.length());
        }
      }
      default -> {
        long rank = random.nextLong(size);
        long count = Math.min(size - rank, 1 + random.nextLong(20));
        if (count < size) {
          sets.removeRange(database, entry, rank, count);
        }
      }
    }
  }

  private void putIntoHash(Database database, long entry) {
    Hashes hashes = fixture.values.hashes();
    String field = name();
    String value = value();
    long at = fixture.value(field + value);
    long changed =
        hashes.put(database, entry, at, field.length(), at + field.length(), value.length());
    hashes.settle(database, changed);
  }

  private void changeHash(Database database, long entry) {
    Hashes hashes = fixture.values.hashes();
    String field = name();
    long at = fixture.value(field);
    int length = field.length();
    switch (random.nextInt(5)) {
      case 0, 1 -> putIntoHash(database, entry);
      case 2 -> {
        if (hashes.sizeWithDue(entry) > 1 && hashes.findForWrite(database, entry, at, length)) {
          hashes.remove(entry);
        }
        settle(database, entry);
      }
      default -> {
        if (hashes.findForWrite(database, entry, at, length)) {
          long millis =
              random.nextInt(5) == 0 ? -1 : fixture.clock.wallMillis + random.nextInt(500);
          settle(database, hashes.expireAt(database, entry, at, length, millis));
        } else {
          settle(database, entry);
        }
      }
    }
  }

  private void settle(Database database, long entry) {
    if (fixture.values.hashes().sizeWithDue(entry) == 0) {
      database.remove(entry);
    } else {
      fixture.values.hashes().settle(database, entry);
    }
  }

  private void append(Database database, long entry) {
    StreamId id = new StreamId();
    lastStreamId += random.nextInt(1, 3);
    id.set(lastStreamId, random.nextInt(3));
    byte[][] words = {
      "field".getBytes(StandardCharsets.ISO_8859_1), value().getBytes(StandardCharsets.ISO_8859_1)
    };
    Request request = Request.of(Region.MEMORY, fixture.value(""), words);
    fixture.values.streams().append(Streams.change(database, entry), id, request, 0, 2);
  }

  private void changeStream(Database database, long entry) {
    Streams streams = fixture.values.streams();
    StreamId id = new StreamId();
    long root = Streams.change(database, entry);
    id.set(random.nextLong(1000, lastStreamId + 1), random.nextInt(3));
    switch (random.nextInt(12)) {
      case 0, 1 -> append(database, entry);
      case 2 -> {
        if (streams.delete(root, id)) {
          streams.onDeleted(root);
        }
      }
      case 3 -> {
        long length = StreamRoot.length(root);
        streams.trimToLength(root, length - length / 10, random.nextBoolean(), 0);
      }
      case 4 -> {
        if (random.nextInt(10) == 0) {
          streams.trimToId(root, id, random.nextBoolean(), 0);
        }
      }
      case 5 -> {
        if (random.nextInt(20) == 0) {
          group(entry);
        }
      }
      default -> changeGroup(root, id);
    }
  }
}
