package io.redoubt.server.snapshot.record;

import io.redoubt.persistence.rdb.RdbBytes;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.ByteTable;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.value.set.MemberTables;
import java.util.List;

/**
 * A large set or hash. Its parts are the groups of elements that shared a bucket at the start (see
 * {@link ByteTable#group}); a bit of each group records if it has been written. Elements of a
 * written group, old or new, need no further attention.
 */
public class LargeTable extends LargeValue {

  private static final int GROUPS_A_STEP = 4;
  private static final int LOOKS_A_STEP = 256;

  public final RdbBytes first = new RdbBytes();
  private final RdbBytes second = new RdbBytes();
  private final ByteTable table;
  private final long header;
  private final int groups;
  private final long[] written;
  private final BlockConsumer elementWriter = this::writeElement;
  private int next;

  /**
   * Creates a value with a table.
   *
   * @param keyLengthAt the offset of the length in an element
   */
  public LargeTable(
      int database,
      Type type,
      long root,
      long header,
      int keyLengthAt,
      Keyspace keyspace,
      RecordOutput out) {
    super(database, type, root, out);
    this.header = header;
    table = new ByteTable(keyspace.slabs(), keyspace.hash(), keyLengthAt);
    table.pointTo(header);
    groups = table.buckets();
    written = new long[(groups >>> 6) + 1];
  }

  /** Creates the set of an entry. */
  public static LargeTable set(
      int database, long entry, RdbKey key, Keyspace keyspace, RecordOutput out) {
    long root = Entry.root(entry);
    LargeTable value = new LargeTable(database, Type.SET, root, root, 0, keyspace, out);
    value.record.beginSet(key, value.size());
    return value;
  }

  /** Creates the hash of an entry. */
  public static LargeTable hash(
      int database, long entry, RdbKey key, Keyspace keyspace, RecordOutput out) {
    long root = Entry.root(entry);
    LargeTable value = new LargeTable(database, Type.HASH, root, root, 0, keyspace, out);
    long next = Entry.nextElementExpiry(entry);
    value.record.beginHash(key, value.size(), next < 0 ? RdbKey.NONE : next);
    return value;
  }

  @Override
  final List<Long> gateAddresses() {
    return List.of(header);
  }

  public final long size() {
    return table.size();
  }

  final long hashOf(long address, int length) {
    return table.hash(address, length);
  }

  /** Returns true if the group of a hash has been written. */
  final boolean isWritten(long hash) {
    return isWritten(ByteTable.group(groups, hash));
  }

  private boolean isWritten(int group) {
    return (written[group >>> 6] & 1L << group) != 0;
  }

  @Override
  final void beforeElement(long hash) {
    int group = ByteTable.group(groups, hash);
    if (!isWritten(group)) {
      write(group);
    }
  }

  private void write(int group) {
    written[group >>> 6] |= 1L << group;
    table.scanGroup(groups, group, elementWriter);
  }

  /** Writes an element of the current group. */
  void writeElement(long element) {
    if (type() == Type.SET) {
      record.setMember(
          first.at(
              Region.MEMORY,
              MemberTables.memberAddress(element),
              MemberTables.memberLength(element)));
      return;
    }
    first.at(Region.MEMORY, FieldElement.fieldAddress(element), FieldElement.fieldLength(element));
    second.at(Region.MEMORY, FieldElement.valueAddress(element), FieldElement.valueLength(element));
    record.hashField(first, second, FieldElement.expireAt(element));
  }

  @Override
  boolean step() {
    int left = GROUPS_A_STEP;
    for (int i = 0; i < LOOKS_A_STEP && left > 0 && next < groups; i++) {
      if (!isWritten(next)) {
        write(next);
        left--;
      }
      next++;
    }
    return next < groups;
  }
}
