package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.IdTree;
import io.redoubt.server.structure.list.QuicklistNode;
import io.redoubt.server.structure.list.QuicklistRoot;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.hash.HashCursor;
import io.redoubt.server.value.hash.HashField;
import io.redoubt.server.value.set.SetMembers;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import io.redoubt.server.value.stream.Streams;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/**
 * Exports the value of an entry in steps; {@link ValueExport} does so at once. The entry must
 * neither change nor move between the steps.
 */
final class SlicedExport implements AutoCloseable {
  private static final MemorySegment MEMORY = Region.MEMORY;
  private static final int STEP_ELEMENTS = 32;

  /** A part of the export; returns true if more of the same part is left. */
  private interface Part {
    boolean next() throws RdbException;
  }

  private final Values values;
  private final RdbValueVisitor visitor;
  private final RdbKey noKey = new RdbKey();
  private final RdbBytes first = new RdbBytes();
  private final RdbBytes second = new RdbBytes();
  private final SetMembers members;
  private final Part part;
  private final boolean isWhole;

  /**
   * Starts an export.
   *
   * @param version the RDB version to use even if an older one would do
   */
  SlicedExport(Values values, int version, long entry, RdbValueVisitor visitor)
      throws RdbException {
    this.values = values;
    this.visitor = visitor;
    Slabs slabs = values.keyspace().slabs();
    members = new SetMembers(slabs);
    Type type = Entry.type(entry);
    isWhole = type == Type.STRING || (type != Type.STREAM && PackedValue.isPacked(entry));
    part =
        isWhole
            ? whole(version, entry)
            : switch (type) {
              case LIST -> list(slabs, entry);
              case SET -> set(entry);
              case ZSET -> sortedSet(entry);
              case HASH -> hash(entry);
              case STREAM -> stream(version, entry);
              case STRING -> throw new IllegalStateException();
            };
  }

  /** Exports some elements or nodes; returns true if more of the value is left. */
  boolean step() throws RdbException {
    for (int i = 0; i < STEP_ELEMENTS; i++) {
      if (!part.next()) {
        if (!isWhole) {
          visitor.endValue();
        }
        return false;
      }
    }
    return true;
  }

  private Part whole(int version, long entry) {
    return () -> {
      new ValueExport(values, version).export(entry, visitor);
      return false;
    };
  }

  private Part list(Slabs slabs, long entry) throws RdbException {
    long root = Entry.root(entry);
    visitor.beginList(noKey, RdbType.LIST_QUICKLIST_2, QuicklistRoot.nodes(root));
    ListNodeExport nodes = new ListNodeExport(slabs);
    long[] node = {QuicklistRoot.head(root)};
    return () -> {
      nodes.export(node[0], visitor);
      node[0] = QuicklistNode.after(node[0]);
      return node[0] != 0;
    };
  }

  private Part set(long entry) throws RdbException {
    visitor.beginSet(noKey, values.sets().size(entry));
    members.iterate(entry);
    return () -> {
      boolean more = members.next();
      if (more) {
        visitor.setMember(first.at(MEMORY, members.address(), members.length()));
      }
      return more;
    };
  }

  /** Exports members from the highest score down, as {@link ValueExport} does. */
  private Part sortedSet(long entry) throws RdbException {
    long size = values.sortedSets().size(entry);
    visitor.beginSortedSet(noKey, size);
    SortedSetCursor cursor = values.sortedSets().newCursor();
    boolean[] more = {cursor.seek(entry, size - 1)};
    return () -> {
      if (more[0]) {
        first.at(MEMORY, cursor.memberAddress(), cursor.memberLength());
        visitor.sortedSetMember(first, cursor.score());
        more[0] = cursor.previous();
      }
      return more[0];
    };
  }

  private Part hash(long entry) throws RdbException {
    long next = Entry.nextElementExpiry(entry);
    visitor.beginHash(noKey, values.hashes().sizeWithDue(entry), next < 0 ? RdbKey.NONE : next);
    HashCursor cursor = new HashCursor(values.keyspace());
    cursor.startWithDue(entry);
    return () -> {
      boolean more = cursor.next();
      if (more) {
        HashField field = cursor.field();
        first.at(MEMORY, field.fieldAddress(), field.fieldLength());
        second.at(MEMORY, field.valueAddress(), field.valueLength());
        visitor.hashField(first, second, field.expireAt());
      }
      return more;
    };
  }

  /** Exports the nodes one by one, then all groups at once. */
  private Part stream(int version, long entry) throws RdbException {
    Streams streams = values.streams();
    StreamExport export = new StreamExport(values, version);
    long root = Streams.root(entry);
    export.begin(root, noKey, visitor);
    long[] id = new long[2];
    LongSupplier next = () -> streams.nodes(root).ceiling(id[0], id[1]);
    return () -> {
      long node = next.getAsLong();
      if (node == 0) {
        export.exportRest(root, visitor);
        return false;
      }
      long high = IdTree.high(node);
      long low = IdTree.low(node);
      StreamExport.exportNode(high, low, Streams.node(node), visitor);
      id[0] = low == -1 ? high + 1 : high; // no node can follow the highest id
      id[1] = low + 1;
      return true;
    };
  }

  @Override
  public void close() {
    members.close();
  }
}
