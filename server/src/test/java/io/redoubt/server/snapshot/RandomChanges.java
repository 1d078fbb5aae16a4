package io.redoubt.server.snapshot;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.hash.HashField;
import io.redoubt.server.value.hash.Hashes;
import io.redoubt.server.value.set.SetMembers;
import io.redoubt.server.value.set.Sets;
import io.redoubt.server.value.sortedset.SortedSets;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;
import java.util.random.RandomGenerator;

/** Random changes of single elements of collections. */
final class RandomChanges {

  private final SnapshotFixture fixture;
  private final RandomGenerator random;
  private final RandomValues values;

  RandomChanges(SnapshotFixture fixture, RandomGenerator random) {
    this.fixture = fixture;
    this.random = random;
    this.values = new RandomValues(random);
  }

  /** Changes the collection of an entry, which may be removed by that. */
  void change(Database database, long entry) {
    switch (Entry.type(entry)) {
      case LIST -> list(database, entry);
      case SET -> set(database, entry);
      case ZSET -> sortedSet(database, entry);
      case HASH -> hash(database, entry);
      case STREAM -> stream(database, entry);
      default -> throw new IllegalArgumentException();
    }
  }

  private void list(Database database, long entry) {
    Lists lists = fixture.values.lists();
    String text = values.text();
    long length = Lists.length(entry);
    switch (random.nextInt(3)) {
      case 0 -> lists.push(database, entry, fixture.value(text), text.length(), true);
      case 1 ->
          lists.set(database, entry, random.nextLong(length), fixture.value(text), text.length());
      default -> {
        long index = random.nextLong(length);
        lists.remove(database, entry, index, Math.min(length - index, 3));
      }
    }
  }

  private void set(Database database, long entry) {
    Sets sets = fixture.values.sets();
    String text = values.text();
    if (random.nextBoolean()) {
      sets.add(database, entry, fixture.value(text), text.length());
      return;
    }
    SetMembers chosen = sets.random(entry);
    long member = fixture.value("");
    int length = chosen.length();
    Region.copy(chosen.address(), member, length);
    if (sets.size(entry) == 1) {
      database.remove(entry);
    } else {
      sets.remove(database, entry, member, length);
    }
  }

  private void sortedSet(Database database, long entry) {
    SortedSets sortedSets = fixture.values.sortedSets();
    String text = values.text();
    long size = sortedSets.size(entry);
    if (random.nextBoolean()) {
      sortedSets.add(database, entry, fixture.value(text), text.length(), random.nextInt(5), 0);
    } else if (size == 1) {
      database.remove(entry);
    } else {
      sortedSets.removeRange(database, entry, random.nextLong(size - 1), 1);
    }
  }

  private void hash(Database database, long entry) {
    Hashes hashes = fixture.values.hashes();
    String field = values.text();
    String value = values.text();
    long changed = entry;
    if (random.nextInt(3) > 0) {
      long at = fixture.value(field + value);
      changed =
          hashes.put(database, entry, at, field.length(), at + field.length(), value.length());
    } else if (hashes.sizeWithDue(entry) > 1) {
      hashes.findRandom(entry);
      HashField found = hashes.found();
      long at = fixture.value("");
      int length = found.copyField(Region.MEMORY, at);
      hashes.findForWrite(database, entry, at, length);
      hashes.remove(entry);
    }
    hashes.settle(database, changed);
  }

  private void stream(Database database, long entry) {
    Streams streams = fixture.values.streams();
    long root = Streams.change(database, entry);
    StreamId id = new StreamId();
    IdTree nodes = streams.nodes(root);
    if (nodes.size() > 0 && random.nextBoolean()) {
      long node = nodes.first();
      id.set(IdTree.high(node), IdTree.low(node) + random.nextInt(8));
      if (streams.delete(root, id)) {
        streams.onDeleted(root);
      }
      return;
    }
    StreamGroups groups = streams.groups();
    if (groups.count(root) > 0) {
      long group = groups.get(root, 0);
      id.set(100 + random.nextInt(6), 0);
      if (random.nextBoolean()) {
        groups.acknowledge(group, id);
      } else {
        groups.deliver(group, groups.consumer(group, random.nextInt(2)), id, 5, 1);
      }
    }
  }
}
