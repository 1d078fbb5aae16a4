package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.BlockOutput;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbWriter;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.snapshot.export.IdempotencyExport;
import io.redoubt.server.snapshot.export.StreamExport;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.stream.Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A large stream, written node by node in the order of ids; nodes beyond the last one at the start
 * are new. Copies of nodes about to change or leave are kept by id until the walk reaches them. The
 * part of the record that follows the nodes is written into a buffer at the start, except for the
 * pending entries of groups, see {@link LargeGroup}.
 */
public final class LargeStream extends LargeValue {

  private static final int NODES_A_STEP = 4;

  private record Id(long millis, long sequence) implements Comparable<Id> {
    static Id of(long element) {
      return new Id(IdTree.high(element), IdTree.low(element));
    }

    @Override
    public int compareTo(Id other) {
      return IdTree.compare(millis, sequence, other.millis, other.sequence);
    }
  }

  private record Copy(long listpack, long sizeBytes) {}

  private final Slabs slabs;
  private final Streams streams;
  private final LongConsumer aside;
  private final BlockOutput frame;
  private final long nodesAt;
  private final long groupsAt;

  /** The end of the record in the frame, where the idempotent ids start. */
  private final long endAt;

  private final List<LargeGroup> groups = new ArrayList<>();

  /** The index of the group being written. */
  private int group;

  private final Id last;
  private final TreeMap<Id, Copy> copies = new TreeMap<>();

  /** The position of the walk; everything before it is written. */
  private Id next = new Id(0, 0);

  private boolean walked;
  private boolean toldStream;

  public LargeStream(
      int database,
      long entry,
      RdbKey key,
      Values values,
      int version,
      RecordOutput out,
      LongConsumer aside) {
    super(database, Type.STREAM, Entry.root(entry), out);
    this.slabs = values.keyspace().slabs();
    this.streams = values.streams();
    this.aside = aside;
    this.frame = new BlockOutput(out.buffers());
    long end = streams.nodes(root()).last();
    last = end == 0 ? next : Id.of(end);
    walked = end == 0;
    StreamExport export = new StreamExport(values, version);
    try (RdbWriter writer =
        new RdbWriter(frame, false, out.buffers()).version(RdbFormat.NEWEST_VERSION)) {
      export.begin(root(), key, writer);
      nodesAt = frame.sizeBytes();
      export.exportMetadata(root(), writer);
      groupsAt = frame.sizeBytes();
      for (int i = 0; i < streams.groups().count(root()); i++) {
        long address = streams.groups().get(root(), i);
        groups.add(new LargeGroup(address, slabs, streams.groups(), export, frame, writer, aside));
      }
      endAt = frame.sizeBytes();
      long table = IdempotencyExport.table(entry);
      if (table != 0) {
        new IdempotencyExport(slabs).export(table, writer);
      }
    } catch (RdbException e) {
      throw new IllegalStateException(e); // a writer accepts every value
    }
    aside.accept(frame.sizeBytes());
    out.putBytes(frame.memory(), frame.offset(), nodesAt);
  }

  @Override
  void beforeStreamNode(long element) {
    Id id = Id.of(element);
    if (walked || id.compareTo(next) < 0 || id.compareTo(last) > 0 || copies.containsKey(id)) {
      return;
    }
    long listpack = Streams.node(element);
    long bytes = Listpack.sizeBytes(Region.MEMORY, listpack);
    long copy = slabs.allocateFar(bytes);
    Region.copy(listpack, copy, bytes);
    aside.accept(bytes);
    copies.put(id, new Copy(copy, bytes));
  }

  @Override
  List<Long> gateAddresses() {
    List<Long> addresses = new ArrayList<>();
    addresses.add(root());
    groups.forEach(each -> addresses.add(each.group()));
    return addresses;
  }

  @Override
  void beforePending(long address, long high, long low) {
    LargeGroup changed = unwritten(address);
    if (changed != null) {
      changed.beforePending(high, low);
    }
  }

  @Override
  boolean takesGroup(long address) {
    LargeGroup removed = unwritten(address);
    if (removed != null) {
      removed.take();
    }
    return removed != null;
  }

  /** Returns a group that is not completely written; null for any other. */
  private @Nullable LargeGroup unwritten(long address) {
    for (int i = group; i < groups.size(); i++) {
      if (groups.get(i).group() == address) {
        return groups.get(i);
      }
    }
    return null;
  }

  @Override
  boolean step() throws RdbException {
    if (walked) {
      return writeRest();
    }
    for (int i = 0; i < NODES_A_STEP && !walked; i++) {
      long element = streams.nodes(root()).ceiling(next.millis, next.sequence);
      Id there = element == 0 ? null : Id.of(element);
      Map.Entry<Id, Copy> kept = copies.firstEntry();
      if (kept != null && (there == null || kept.getKey().compareTo(there) <= 0)) {
        copies.remove(kept.getKey());
        write(kept.getKey(), kept.getValue().listpack());
        free(kept.getValue());
      } else if (there != null && there.compareTo(last) <= 0) {
        write(there, Streams.node(element));
      } else {
        walked = true;
      }
    }
    return true;
  }

  private boolean writeRest() throws RdbException {
    if (!toldStream) {
      toldStream = true;
      out().putBytes(frame.memory(), frame.offset() + nodesAt, groupsAt - nodesAt);
    } else if (!groups.get(group).step(record, out())) {
      group++;
    }
    if (group < groups.size()) {
      return true;
    }
    out().putBytes(frame.memory(), frame.offset() + endAt, frame.sizeBytes() - endAt);
    return false;
  }

  private void write(Id id, long listpack) throws RdbException {
    StreamExport.exportNode(id.millis, id.sequence, listpack, record);
    walked = id.equals(last); // the successor of the greatest id would wrap around to the least
    long sequence = id.sequence + 1;
    next = new Id(sequence == 0 ? id.millis + 1 : id.millis, sequence);
  }

  private void free(Copy copy) {
    aside.accept(-copy.sizeBytes());
    slabs.free(copy.listpack(), copy.sizeBytes());
  }

  @Override
  public void close() {
    copies.values().forEach(this::free);
    copies.clear();
    groups.forEach(LargeGroup::close);
    aside.accept(-frame.sizeBytes());
    frame.close();
    super.close();
  }
}
