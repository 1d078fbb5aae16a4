package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbStream;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.stream.PendingEntry;
import io.redoubt.server.value.stream.StreamGroups;
import io.redoubt.server.value.stream.StreamRoot;
import io.redoubt.server.value.stream.Streams;
import java.lang.foreign.MemorySegment;

/** Exports streams: their nodes unchanged, and their groups. */
public final class StreamExport {

  private static final MemorySegment MEMORY = Region.MEMORY;

  private final Streams streams;
  private final StreamGroups groups;
  private final int version;
  private final RdbStream told = new RdbStream();
  private final RdbBytes name = new RdbBytes();

  /**
   * Creates the export of a keyspace's streams.
   *
   * @param version the RDB version to use even if an older one would do
   */
  public StreamExport(Values values, int version) {
    streams = values.streams();
    groups = streams.groups();
    this.version = version;
  }

  void export(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    long root = Streams.root(entry);
    begin(root, key, visitor);
    IdTree nodes = streams.nodes(root);
    for (long node = nodes.first(); node != 0; node = nodes.next()) {
      exportNode(IdTree.high(node), IdTree.low(node), Streams.node(node), visitor);
    }
    exportRest(root, visitor);
    visitor.endValue();
  }

  /** Exports the start of a stream, before its nodes. */
  public void begin(long root, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    visitor.beginStream(key, form(root), streams.nodes(root).size());
  }

  public static void exportNode(long millis, long sequence, long listpack, RdbValueVisitor visitor)
      throws RdbException {
    int bytes = (int) Listpack.sizeBytes(MEMORY, listpack);
    visitor.streamNode(millis, sequence, MEMORY, listpack, bytes);
  }

  /** Exports the rest of a stream, after its nodes. */
  void exportRest(long root, RdbValueVisitor visitor) throws RdbException {
    exportMetadata(root, visitor);
    for (int i = 0; i < groups.count(root); i++) {
      exportWhole(groups.get(root, i), visitor);
    }
  }

  /** Exports the metadata between nodes and groups. */
  public void exportMetadata(long root, RdbValueVisitor visitor) throws RdbException {
    visitor.stream(
        told.length(StreamRoot.length(root))
            .last(millis(StreamRoot.lastId(root)), sequence(StreamRoot.lastId(root)))
            .first(millis(StreamRoot.firstId(root)), sequence(StreamRoot.firstId(root)))
            .deleted(millis(StreamRoot.maxDeletedId(root)), sequence(StreamRoot.maxDeletedId(root)))
            .entriesAdded(StreamRoot.entriesAdded(root))
            .groups(groups.count(root)));
  }

  private static long millis(long idAddress) {
    return Region.getLong(idAddress);
  }

  private static long sequence(long idAddress) {
    return Region.getLong(idAddress + Long.BYTES);
  }

  public void exportGroup(long group, RdbValueVisitor visitor) throws RdbException {
    name.at(MEMORY, StreamGroups.groupName(group), StreamGroups.nameLength(group));
    long lastId = StreamGroups.lastId(group);
    long pending = groups.pending(group).size();
    visitor.streamGroup(
        name, millis(lastId), sequence(lastId), StreamGroups.entriesRead(group), pending);
  }

  public void exportConsumer(long consumer, RdbValueVisitor visitor) throws RdbException {
    name.at(MEMORY, StreamGroups.consumerName(consumer), StreamGroups.nameLength(consumer));
    long pending = groups.pendingIds(consumer).size();
    visitor.streamConsumer(
        name, StreamGroups.seen(consumer), StreamGroups.active(consumer), pending);
  }

  private void exportWhole(long group, RdbValueVisitor visitor) throws RdbException {
    exportGroup(group, visitor);
    IdTree pending = groups.pending(group);
    for (long at = pending.first(); at != 0; at = pending.next()) {
      visitor.pendingEntry(
          IdTree.high(at), IdTree.low(at), PendingEntry.delivered(at), PendingEntry.deliveries(at));
    }
    int consumers = groups.consumers(group);
    visitor.streamConsumers(consumers);
    for (int i = 0; i < consumers; i++) {
      long consumer = groups.consumer(group, i);
      exportConsumer(consumer, visitor);
      IdTree ids = groups.pendingIds(consumer);
      for (long at = ids.first(); at != 0; at = ids.next()) {
        visitor.consumerEntry(IdTree.high(at), IdTree.low(at));
      }
    }
  }

  /** Returns the oldest format that preserves the stream's metadata, or the one of the version. */
  private RdbType form(long root) {
    if (version >= RdbType.STREAM_LISTPACKS_3.sinceVersion()) {
      return RdbType.STREAM_LISTPACKS_3;
    }
    return version < RdbType.STREAM_LISTPACKS_2.sinceVersion() && isPlain(root)
        ? RdbType.STREAM_LISTPACKS
        : RdbType.STREAM_LISTPACKS_2;
  }

  /** Returns true if nothing was ever deleted and each group's count follows from its last id. */
  private boolean isPlain(long root) {
    long deleted = StreamRoot.maxDeletedId(root);
    boolean plain =
        StreamRoot.entriesAdded(root) == StreamRoot.length(root)
            && millis(deleted) == 0
            && sequence(deleted) == 0;
    int groupCount = groups.count(root);
    for (int i = 0; plain && i < groupCount; i++) {
      long group = groups.get(root, i);
      plain =
          StreamGroups.entriesRead(group) == StreamRoot.readUpTo(root, StreamGroups.lastId(group));
    }
    return plain;
  }
}
