package io.redoubt.server.value.hash;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.keyspace.PackedValue;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.structure.FieldTable;
import java.util.Arrays;

/**
 * An iterator over the fields of a hash, in no particular order. The hash must not change during
 * the iteration. One cursor serves one hash after another without allocating.
 */
public final class HashCursor implements BlockConsumer {

  private static final int USUAL_BUCKET = 32;

  private final Keyspace keyspace;
  private final FieldTable table;
  private final HashField field = new HashField();

  private boolean packed;
  private boolean withDue;

  /** The position of the next field of a listpack. */
  private long next;

  // Of a table: the scan cursor, and the elements found by the last scan step.
  private long scan;
  private boolean scanned;
  private long[] found = new long[USUAL_BUCKET];
  private int count;
  private int taken;

  /** Creates a cursor that is not positioned. */
  public HashCursor(Keyspace keyspace) {
    this.keyspace = keyspace;
    table = new FieldTable(keyspace.slabs(), keyspace.hash());
  }

  /**
   * Positions the cursor before the first field of an entry's hash; fields that are due are
   * skipped.
   */
  public void start(long entry) {
    packed = PackedValue.isPacked(entry);
    if (packed) {
      next = Listpack.first(Region.MEMORY, PackedValue.address(entry));
    } else {
      table.pointTo(Entry.root(entry));
      withDue = !table.expires() || keyspace.expiredKeys() == ExpiredKeys.KEEP;
      scan = 0;
      scanned = false;
      count = 0;
      taken = 0;
    }
  }

  /** Like {@link #start}, but includes fields that are due and not deleted yet. */
  public void startWithDue(long entry) {
    start(entry);
    withDue = true;
  }

  /** Moves to the next field, available from {@link #field}; returns false at the end. */
  public boolean next() {
    return packed ? nextPacked() : nextElement();
  }

  public HashField field() {
    return field;
  }

  private boolean nextPacked() {
    if (next == Listpack.NONE) {
      return false;
    }
    field.pointToPacked(next);
    next = Listpack.next(Region.MEMORY, Listpack.after(Region.MEMORY, next));
    return true;
  }

  private boolean nextElement() {
    while (true) {
      while (taken < count) {
        long element = found[taken++];
        if (withDue || !isDue(element)) {
          field.element(element);
          return true;
        }
      }
      if (scanned) {
        return false;
      }
      count = 0;
      taken = 0;
      scan = table.scan(scan, this);
      scanned = scan == 0;
    }
  }

  private boolean isDue(long element) {
    long expireAt = FieldElement.expireAt(element);
    return expireAt != FieldElement.NO_EXPIRY && expireAt < keyspace.nowMillis();
  }

  /** Collects an element of the scanned bucket. */
  @Override
  public void accept(long element) {
    if (count == found.length) {
      found = Arrays.copyOf(found, 2 * count);
    }
    found[count++] = element;
  }
}
