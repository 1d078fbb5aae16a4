package io.redoubt.server.value;

import io.redoubt.persistence.packed.Listpack;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.ExpiredKeys;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import io.redoubt.server.structure.FieldElement;
import io.redoubt.server.structure.FieldTable;
import java.util.Arrays;

/**
 * Goes through the fields of a hash, one by one, in no particular order; the hash must not be
 * changed meanwhile. It is used for one hash after the other.
 */
public final class HashCursor implements BlockConsumer {

  private static final int USUAL_BUCKET = 32;

  private final Keyspace keyspace;
  private final FieldTable table;
  private final HashField field = new HashField();

  private boolean packed;
  private boolean withDue;

  /** Where the next field of a listpack is. */
  private long next;

  // Of a table: where to scan on, and what the last scan has found.
  private long scan;
  private boolean scanned;
  private long[] found = new long[USUAL_BUCKET];
  private int count;
  private int taken;

  /** A cursor that is nowhere yet. */
  public HashCursor(Keyspace keyspace) {
    this.keyspace = keyspace;
    table = new FieldTable(keyspace.slabs(), keyspace.hash());
  }

  /** Goes before the first field of an entry's hash; fields that are due are left out. */
  public void start(long entry) {
    packed = PackedValue.isPacked(entry);
    if (packed) {
      next = Listpack.first(Region.MEMORY, PackedValue.address(entry));
    } else {
      table.root(Entry.root(entry));
      withDue = !table.expires() || keyspace.expiredKeys() == ExpiredKeys.KEEP;
      scan = 0;
      scanned = false;
      count = 0;
      taken = 0;
    }
  }

  /** Like {@link #start}, but fields that are due and still there are not left out. */
  public void startWithDue(long entry) {
    start(entry);
    withDue = true;
  }

  /** Goes to the next field, which {@link #field} then shows; returns false when there is none. */
  public boolean next() {
    return packed ? nextPacked() : nextElement();
  }

  /** The field that the cursor has come to. */
  public HashField field() {
    return field;
  }

  private boolean nextPacked() {
    if (next == Listpack.NONE) {
      return false;
    }
    field.packed(next);
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

  /** Takes an element of the bucket that is scanned. */
  @Override
  public void accept(long element) {
    if (count == found.length) {
      found = Arrays.copyOf(found, 2 * count);
    }
    found[count++] = element;
  }
}
