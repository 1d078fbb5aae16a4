package io.redoubt.server.loading;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamId;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/** Creates a stream from its parts. */
final class StreamFill {

  private final Streams streams;
  private final StreamGroups groups;
  private final Slabs slabs;
  private final Place place;
  private final LongSupplier nowMillis;
  private final StreamId id = new StreamId();
  private boolean building;
  private boolean tellsHistory;
  private long root;
  private long group;
  private long consumer;
  private long adopted;
  private long sharedDropped;

  StreamFill(Values values, Place place) {
    streams = values.streams();
    groups = streams.groups();
    slabs = values.keyspace().slabs();
    nowMillis = values.keyspace()::nowMillis;
    this.place = place;
  }

  void begin() {
    root = streams.create(place.database(), place.key(), place.keyLength());
    building = true;
    group = 0;
    adopted = 0;
    sharedDropped = 0;
  }

  void node(long millis, long sequence, MemorySegment memory, long offset) throws RdbException {
    id.set(millis, sequence);
    if (!streams.addNode(root, id, memory, offset)) {
      throw Place.twice("node");
    }
  }

  void info(RdbStream told) {
    streams.onLoaded(root);
    id.set(told.lastMillis(), told.lastSequence());
    StreamRoot.setLastId(root, id);
    id.set(told.deletedMillis(), told.deletedSequence());
    StreamRoot.setMaxDeletedId(root, id);
    StreamRoot.limitMaxDeletedId(root);
    tellsHistory = told.entriesAdded() != RdbStream.UNKNOWN;
    StreamRoot.setEntriesAdded(root, tellsHistory ? told.entriesAdded() : told.length());
  }

  void startGroup(RdbBytes name, long millis, long sequence, long entriesRead) throws RdbException {
    endGroup();
    if (groups.find(root, name.offset(), name.length()) != 0) {
      throw Place.twice("group");
    }
    id.set(millis, sequence);
    long read = tellsHistory ? entriesRead : readUpToId();
    group = groups.create(root, name.offset(), name.length(), id, read);
  }

  private long readUpToId() {
    long address = slabs.allocate(StreamId.BYTES);
    id.store(address);
    long read = StreamRoot.readUpTo(root, address);
    slabs.free(address, StreamId.BYTES);
    return read;
  }

  void pending(long millis, long sequence, long deliveredAtMillis, long deliveries)
      throws RdbException {
    id.set(millis, sequence);
    if (!groups.addPending(group, id, deliveredAtMillis, deliveries)) {
      throw Place.twice("pending entry");
    }
  }

  void addConsumer(RdbBytes name, long seenAtMillis, long activeAtMillis) throws RdbException {
    if (groups.findConsumer(group, name.offset(), name.length()) != 0) {
      throw RdbException.refusal("Duplicate stream consumer detected");
    }
    consumer = groups.createConsumer(group, name.offset(), name.length(), seenAtMillis);
    StreamGroups.setActive(consumer, activeAtMillis);
  }

  void consumerEntry(long millis, long sequence) throws RdbException {
    id.set(millis, sequence);
    if (!groups.assign(group, consumer, id)) {
      if (!groups.isPending(group, id)) {
        throw RdbException.refusal("Consumer entry not found in group global PEL");
      }
      sharedDropped++;
    }
  }

  /**
   * Assigns pending entries without a consumer to one of a fixed name; if they were dropped, they
   * would never be delivered again.
   */
  private void endGroup() {
    if (group == 0 || groups.isAssigned(group)) {
      return;
    }
    int length = RdbStream.ADOPTING_CONSUMER.length();
    long name = slabs.allocate(length);
    for (int i = 0; i < length; i++) {
      Region.putByte(name + i, RdbStream.ADOPTING_CONSUMER.charAt(i));
    }
    long adopting = groups.findConsumer(group, name, length);
    if (adopting == 0) {
      adopting = groups.createConsumer(group, name, length, nowMillis.getAsLong());
    }
    slabs.free(name, length);
    adopted += groups.assignRest(group, adopting);
  }

  /** Returns the number of pending entries that had no consumer. */
  long adopted() {
    return adopted;
  }

  /** Returns the number of entries that were pending for a second consumer. */
  long sharedDropped() {
    return sharedDropped;
  }

  /** Finishes the stream; returns its entry. */
  long end() {
    endGroup();
    building = false;
    return place.database().find(place.key(), place.keyLength());
  }

  /** Removes an unfinished stream. */
  void abandon() {
    if (building) {
      building = false;
      place.removeKey();
    }
  }
}
