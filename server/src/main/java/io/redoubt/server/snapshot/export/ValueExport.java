package io.redoubt.server.snapshot.export;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbFormat;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.RdbValueVisitor;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.list.QuicklistNode;
import io.redoubt.server.structure.list.QuicklistRoot;
import io.redoubt.server.value.StringValue;
import io.redoubt.server.value.Values;
import io.redoubt.server.value.hash.HashCursor;
import io.redoubt.server.value.hash.HashField;
import io.redoubt.server.value.set.SetMembers;
import io.redoubt.server.value.sortedset.SortedSetCursor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Exports the values of entries: packed values unchanged, others element by element. Has its own
 * views of the structures, because commands trigger exports of values that they are about to
 * change, while they use the shared views.
 */
public final class ValueExport {

  private static final MemorySegment MEMORY = Region.MEMORY;

  private final Values values;
  private final int version;

  // The views, made when the first value of their type is exported: DUMP has an export of its own.
  private @Nullable HashCursor hash;
  private @Nullable SetMembers set;
  private @Nullable SortedSetCursor sortedSet;
  private @Nullable StreamExport stream;
  private @Nullable ListNodeExport listNodes;

  private final RdbBytes first = new RdbBytes();
  private final RdbBytes second = new RdbBytes();
  private final RdbKey noKey = new RdbKey();

  /**
   * Creates the export of a keyspace's values.
   *
   * @param version the RDB version to use even if an older one would do
   */
  public ValueExport(Values values, int version) {
    this.values = values;
    this.version = version;
  }

  /** Creates an export in the default version. */
  public ValueExport(Values values) {
    this(values, RdbFormat.WRITTEN_VERSION);
  }

  /** Exports the value of an entry with an empty key. */
  public void export(long entry, RdbValueVisitor visitor) throws RdbException {
    export(entry, noKey, visitor);
  }

  public void export(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    Type type = Entry.type(entry);
    if (type == Type.STRING) {
      string(entry, key, visitor);
    } else if (type == Type.STREAM) {
      stream(entry, key, visitor);
    } else if (PackedValue.isPacked(entry)) {
      visitPacked(entry, type, key, visitor);
    } else {
      switch (type) {
        case LIST -> list(entry, key, visitor);
        case SET -> set(entry, key, visitor);
        case ZSET -> visitSortedSet(entry, key, visitor);
        default -> hash(entry, key, visitor);
      }
    }
  }

  private static void string(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    if (StringValue.isInteger(entry)) {
      visitor.integer(key, StringValue.integer(entry));
    } else {
      long value = StringValue.bytesAddress(entry);
      visitor.string(key, MEMORY, value, StringValue.length(entry));
    }
  }

  private static void visitPacked(long entry, Type type, RdbKey key, RdbValueVisitor visitor)
      throws RdbException {
    long address = PackedValue.address(entry);
    if (PackedValue.isIntset(entry)) {
      visitor.packed(key, RdbType.SET_INTSET, MEMORY, address, PackedValue.sizeBytes(entry));
      return;
    }
    int bytes = (int) Listpack.sizeBytes(MEMORY, address);
    switch (type) {
      case LIST -> {
        visitor.beginList(key, RdbType.LIST_QUICKLIST_2, 1);
        visitor.listNode(MEMORY, address, bytes);
        visitor.endValue();
      }
      case SET -> visitor.packed(key, RdbType.SET_LISTPACK, MEMORY, address, bytes);
      case ZSET -> visitor.packed(key, RdbType.ZSET_LISTPACK, MEMORY, address, bytes);
      default -> visitor.packed(key, RdbType.HASH_LISTPACK, MEMORY, address, bytes);
    }
  }

  private void stream(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    if (stream == null) {
      stream = new StreamExport(values, version);
    }
    stream.export(entry, key, visitor);
  }

  private void list(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    if (listNodes == null) {
      listNodes = new ListNodeExport(values.keyspace().slabs());
    }
    long root = Entry.root(entry);
    visitor.beginList(key, RdbType.LIST_QUICKLIST_2, QuicklistRoot.nodes(root));
    for (long node = QuicklistRoot.head(root); node != 0; node = QuicklistNode.after(node)) {
      listNodes.export(node, visitor);
    }
    visitor.endValue();
  }

  private void set(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    if (set == null) {
      set = new SetMembers(values.keyspace().slabs());
    }
    visitor.beginSet(key, values.sets().size(entry));
    set.iterate(entry);
    while (set.next()) {
      visitor.setMember(first.at(MEMORY, set.address(), set.length()));
    }
    visitor.endValue();
  }

  /**
   * Exports members from the highest score down, so that a loader inserts each member at the start.
   */
  private void visitSortedSet(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    if (sortedSet == null) {
      sortedSet = values.sortedSets().newCursor();
    }
    long size = values.sortedSets().size(entry);
    visitor.beginSortedSet(key, size);
    boolean more = sortedSet.seek(entry, size - 1);
    while (more) {
      first.at(MEMORY, sortedSet.memberAddress(), sortedSet.memberLength());
      visitor.sortedSetMember(first, sortedSet.score());
      more = sortedSet.previous();
    }
    visitor.endValue();
  }

  private void hash(long entry, RdbKey key, RdbValueVisitor visitor) throws RdbException {
    if (hash == null) {
      hash = new HashCursor(values.keyspace());
    }
    long next = Entry.nextElementExpiry(entry);
    visitor.beginHash(key, values.hashes().sizeWithDue(entry), next < 0 ? RdbKey.NONE : next);
    hash.startWithDue(entry);
    while (hash.next()) {
      HashField field = hash.field();
      first.at(MEMORY, field.fieldAddress(), field.fieldLength());
      second.at(MEMORY, field.valueAddress(), field.valueLength());
      visitor.hashField(first, second, field.expireAt());
    }
    visitor.endValue();
  }
}
