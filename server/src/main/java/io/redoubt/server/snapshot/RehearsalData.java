package io.redoubt.server.snapshot;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.EncodingLimits;
import io.redoubt.server.value.Lists;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.Streams;

/**
 * The data set of a {@link Rehearsal}: a large value of each type, named after the type, and small
 * strings. Elements of lists and streams are so long that a few of them fill many nodes.
 */
final class RehearsalData implements AutoCloseable {

  /** The number of elements of a collection, and of changes. */
  static final int ELEMENTS = 40;

  /** The threshold of large values. */
  static final int LARGE_ELEMENTS = 32;

  private static final int MEMBER_BYTES = 70; // too long for a listpack
  private static final int ELEMENT_BYTES = 2_000;
  private static final int STRING_BYTES = 20_000;
  private static final int PIECE_BYTES = 300;
  private static final int POPPED = 5;
  private static final int NAME_BYTES = 64;

  private final Slabs slabs;
  private final Keyspace keyspace;
  private final Database database;
  private final Values values;

  /** A name, followed by an element, or by the first bytes of a string. */
  private final long scratch;

  private final long element;
  private final Request fieldAndValue;
  private final StreamId id = new StreamId();

  /**
   * Creates the data set.
   *
   * @param slabs exclusive to the data set and closed with it
   */
  RehearsalData(Slabs slabs, EncodingLimits limits, long nowMillis) {
    this.slabs = slabs;
    keyspace = new Keyspace(slabs, 1, () -> 0); // nothing depends on random numbers
    database = keyspace.database(0);
    values = new Values(keyspace, limits);
    scratch = slabs.allocateFar(NAME_BYTES + STRING_BYTES);
    element = scratch + NAME_BYTES;
    fieldAndValue =
        Request.of(Region.MEMORY, element, new byte[Long.BYTES], new byte[ELEMENT_BYTES]);
    keyspace.nowMillis(nowMillis);
    for (int i = 0; i < ELEMENTS; i++) {
      for (Type type : Type.values()) {
        add(type, i);
      }
    }
  }

  Values values() {
    return values;
  }

  /** Changes every value, at a position given by the number. */
  void change(int number) {
    for (Type type : Type.values()) {
      change(type, number);
    }
  }

  /** Removes all large values. */
  void remove() {
    for (Type type : Type.values()) {
      database.remove(find(type.name()));
    }
  }

  private long find(String name) {
    return database.find(name(name), name.length());
  }

  private long name(String name) {
    Region.put(scratch, ByteString.of(name).toByteArray());
    return scratch;
  }

  private void element(int number) {
    Region.putLong(element, number);
  }

  /** Adds an element; the first one creates the collection. */
  private void add(Type type, int number) {
    long entry = find(type.name());
    if (entry == 0) {
      entry = create(type, type.name());
    }
    element(number);
    switch (type) {
      case STRING -> database.putString(element, Long.BYTES, element, Long.BYTES, -1);
      case LIST -> values.lists().push(database, entry, element, ELEMENT_BYTES, number % 2 == 0);
      case SET -> values.sets().add(database, entry, element, MEMBER_BYTES);
      case ZSET -> values.sortedSets().add(database, entry, element, MEMBER_BYTES, number, 0);
      case HASH -> {
        long changed =
            values.hashes().put(database, entry, element, MEMBER_BYTES, element, MEMBER_BYTES);
        values.hashes().settle(database, changed);
      }
      case STREAM -> {
        id.set(number + 1, 0);
        values.streams().append(Streams.change(database, entry), id, fieldAndValue, 0, 2);
      }
    }
  }

  private long create(Type type, String name) {
    element(ELEMENTS);
    long key = name(name);
    int length = name.length();
    switch (type) {
      case STRING -> database.putString(key, length, element, STRING_BYTES, -1);
      case LIST -> values.lists().create(database, key, length, element, ELEMENT_BYTES);
      case SET -> values.sets().create(database, key, length, element, MEMBER_BYTES, ELEMENTS);
      case ZSET -> values.sortedSets().create(database, key, length, ELEMENTS, MEMBER_BYTES);
      case HASH -> values.hashes().create(database, key, length, ELEMENTS, MEMBER_BYTES);
      case STREAM -> values.streams().create(database, key, length);
    }
    return find(name);
  }

  private void change(Type type, int number) {
    long entry = find(type.name());
    element(number);
    switch (type) {
      case STRING -> StringValue.setRange(database, entry, number * PIECE_BYTES, element, 1);
      case LIST -> {
        Lists lists = values.lists();
        lists.set(database, entry, number % POPPED, element, ELEMENT_BYTES);
        if (Lists.length(entry) > 2 * POPPED) {
          lists.remove(database, entry, 0, POPPED);
        }
      }
      case SET -> values.sets().remove(database, entry, element, MEMBER_BYTES);
      case ZSET -> values.sortedSets().remove(database, entry, element, MEMBER_BYTES);
      case HASH, STREAM -> {}
    }
    add(type, type == Type.STREAM ? ELEMENTS + number : number);
  }

  @Override
  public void close() {
    slabs.free(scratch, NAME_BYTES + STRING_BYTES);
    values.close();
    keyspace.close();
    slabs.close();
  }
}
