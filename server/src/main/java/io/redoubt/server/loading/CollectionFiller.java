package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.Values;
import java.lang.foreign.MemorySegment;

/**
 * Creates entries from collections reported by a reader, whose memory is the region. Each type has
 * its own class; {@link #close} drops an unfinished collection.
 */
abstract class CollectionFiller implements RdbValueVisitor, AutoCloseable {

  private static final int SHOWN_KEY_BYTES = 128;

  private final Place place;
  private final ListFill list;
  private final SetFill set;
  private final SortedSetFill sortedSet;
  private final HashFill hash;
  private final StreamFill stream;

  /** The collection started and not finished by {@link #endValue}; a string if there is none. */
  private RdbType type = RdbType.STRING;

  private boolean skipped;
  private long dropped; // duplicates of the current set or sorted set

  CollectionFiller(Values values) {
    place = new Place(values.keyspace().slabs(), values.keyspace().database(0));
    list = new ListFill(values, place);
    set = new SetFill(values, place);
    sortedSet = new SortedSetFill(values, place);
    hash = new HashFill(values, place);
    stream = new StreamFill(values, place);
  }

  /**
   * Sets the target of the following collection by {@link #goesTo}; that of a list may also be set
   * by {@link #beforePut}.
   *
   * @return false if the collection is skipped
   */
  abstract boolean begins(RdbKey key, RdbType collection) throws RdbException;

  /** Called with each complete collection. */
  abstract void onEnd(long entry);

  /** Sets the target of the next collection: a key without a value. */
  final void goesTo(Database database, long key, int keyLength) {
    place.set(database, key, keyLength);
  }

  /** Sets the target as {@link #goesTo} does, to a key that stays in place. */
  final void goesToPlaced(Database database, long key, int keyLength) {
    place.refer(database, key, keyLength);
  }

  /** Starts a collection that arrives in parts; returns false if it is skipped. */
  private boolean begin(RdbKey key, RdbType collection) throws RdbException {
    skipped = !begins(key, collection);
    type = collection;
    dropped = 0;
    return !skipped;
  }

  @Override
  public void packed(RdbKey key, RdbType form, MemorySegment memory, long offset, int length)
      throws RdbException {
    if (!begins(key, form)) {
      return;
    }
    onEnd(
        switch (form) {
          case SET_INTSET -> set.intset(offset, length);
          case SET_LISTPACK -> set.packed(offset, length);
          case ZSET_LISTPACK -> sortedSet.packed(offset, length);
          case HASH_LISTPACK -> hash.packed(offset);
          default -> hash.packedWithExpiry(offset);
        });
  }

  @Override
  public void beginList(RdbKey key, RdbType form, long parts) throws RdbException {
    if (begin(key, RdbType.LIST)) {
      list.begin(parts);
    }
  }

  @Override
  public void listNode(MemorySegment memory, long offset, int length) {
    if (!skipped) {
      list.addAll(offset);
    }
  }

  @Override
  public void listElement(RdbBytes element) {
    if (!skipped) {
      list.add(element);
    }
  }

  @Override
  public void beginSet(RdbKey key, long members) throws RdbException {
    if (begin(key, RdbType.SET)) {
      set.begin(members);
    }
  }

  @Override
  public void setMember(RdbBytes member) {
    if (!skipped && !set.add(member)) {
      dropped++;
    }
  }

  @Override
  public void beginSortedSet(RdbKey key, long members) throws RdbException {
    if (begin(key, RdbType.ZSET)) {
      sortedSet.begin(members);
    }
  }

  @Override
  public void sortedSetMember(RdbBytes member, double score) {
    if (!skipped && !sortedSet.add(member, score)) {
      dropped++;
    }
  }

  @Override
  public void beginHash(RdbKey key, long fields, long nextExpiryMillis) throws RdbException {
    if (begin(key, RdbType.HASH)) {
      hash.begin(fields, nextExpiryMillis);
    }
  }

  @Override
  public void hashField(RdbBytes field, RdbBytes value, long expireAtMillis) throws RdbException {
    if (!skipped) {
      hash.add(field, value, expireAtMillis);
    }
  }

  @Override
  public void beginStream(RdbKey key, RdbType form, long nodes) throws RdbException {
    if (begin(key, RdbType.STREAM_LISTPACKS)) {
      stream.begin();
    }
  }

  @Override
  public void streamNode(long millis, long sequence, MemorySegment memory, long offset, int length)
      throws RdbException {
    if (!skipped) {
      stream.node(millis, sequence, memory, offset);
    }
  }

  @Override
  public void stream(RdbStream told) {
    if (!skipped) {
      stream.info(told);
    }
  }

  @Override
  public void streamGroup(RdbBytes name, long millis, long sequence, long entriesRead, long pending)
      throws RdbException {
    if (!skipped) {
      stream.startGroup(name, millis, sequence, entriesRead);
    }
  }

  @Override
  public void pendingEntry(long millis, long sequence, long deliveredAtMillis, long deliveries)
      throws RdbException {
    if (!skipped) {
      stream.pending(millis, sequence, deliveredAtMillis, deliveries);
    }
  }

  @Override
  public void streamConsumers(long consumers) {
    // each is reported
  }

  @Override
  public void streamConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis, long pending)
      throws RdbException {
    if (!skipped) {
      stream.addConsumer(name, seenAtMillis, activeAtMillis);
    }
  }

  @Override
  public void consumerEntry(long millis, long sequence) throws RdbException {
    if (!skipped) {
      stream.consumerEntry(millis, sequence);
    }
  }

  @Override
  public void endValue() throws RdbException {
    if (!skipped) {
      long entry =
          switch (type) {
            case LIST -> {
              beforePut(list.packedBytes());
              yield list.end();
            }
            case SET -> set.end();
            case ZSET -> sortedSet.end();
            case HASH -> hash.end();
            default -> stream.end();
          };
      onEnd(entry);
      reportRepairs();
    }
    type = RdbType.STRING;
  }

  /**
   * Called when a list is complete, before it is put to its place.
   *
   * @param packedBytes its size if it is packed, or {@link Long#MAX_VALUE}
   */
  void beforePut(long packedBytes) throws RdbException {
    // the place has no value
  }

  /** Reports a repair that makes the value consistent. */
  private void reportRepairs() throws RdbException {
    switch (type) {
      case SET, ZSET -> reportLoss(dropped, "duplicate members were dropped");
      case HASH -> reportLoss(hash.dropped(), "duplicate fields were dropped");
      case STREAM_LISTPACKS -> {
        reportRepair(
            stream.adopted(),
            "pending entries without consumer went to the consumer " + RdbStream.ADOPTING_CONSUMER);
        reportLoss(stream.sharedDropped(), "entries were pending for a second consumer");
      }
      default -> {}
    }
  }

  private void reportRepair(long count, String what) throws RdbException {
    if (count > 0) {
      onRepair(type, count + " " + what);
    }
  }

  private void reportLoss(long count, String what) throws RdbException {
    if (count > 0) {
      onLost(type, count + " " + what);
    }
  }

  /** Called with each repair of the current collection that dropped a part of it. */
  void onLost(RdbType of, String what) throws RdbException {
    onRepair(of, what);
  }

  @Override
  public void onRepair(RdbType reported, String what) throws RdbException {
    if (!skipped) {
      onRepair(what);
    }
  }

  /** Called with each repair of the current collection. */
  abstract void onRepair(String what);

  /** Returns the name of the current collection's key, quoted. */
  final String keyName() {
    int shown = Math.min(place.keyLength(), SHOWN_KEY_BYTES);
    return Quoting.quote(Region.toByteArray(place.key(), shown));
  }

  @Override
  public void close() {
    list.abandon();
    set.close();
    sortedSet.abandon();
    hash.close();
    stream.abandon();
    place.close();
  }
}
