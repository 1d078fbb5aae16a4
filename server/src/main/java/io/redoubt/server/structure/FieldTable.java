package io.redoubt.server.structure;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A large hash: a {@link ByteTable} of {@link FieldElement}s. It keeps the next expiry time. A
 * table of more than a few buckets orders its expiring fields in a tree; a smaller one searches for
 * them.
 *
 * <p>Its whole state is in the region, at {@link #root}: this object is a view and may be pointed
 * at another table ({@link #pointTo(long)}). Methods that change an element may move it and return
 * its new address.
 */
public final class FieldTable {

  // After the table's header: the tree of expiring fields or 0, the next expiry time, the number of
  // expiring fields, a mark for the owner.
  private static final int TREE_AT = 0;
  private static final int NEXT_EXPIRY_AT = 8;
  private static final int EXPIRING_AT = 16;
  private static final int MARKED_AT = 24;
  private static final int OWN_HEADER_BYTES = 32;

  /** The most fields without a tree: the first node of a tree alone takes as much as ten fields. */
  private static final int MAX_WITHOUT_TREE = 64;

  /** The approximate bytes that an element takes in a tree. */
  private static final int TREE_BYTES_EACH = 18;

  private final Slabs slabs;
  private final ByteTable table;
  private final RankedTree expiries;
  private final BlockConsumer freeBlock = this::freeBlock;
  private final BlockConsumer insertCopy = this::insertCopy;
  private final BlockConsumer addSize = this::addSize;
  private final BlockConsumer addToTree = this::addToTree;
  private final BlockConsumer lookAtExpiry = this::lookAtExpiry;

  /** The hash of the field that was looked up last. */
  private long wanted;

  // Results of a search for expiring elements without a tree: the next to expire, and the number
  // that expire before a point in time.
  private long firstExpiring;
  private long beforeMillis;
  private long countBefore;

  private long sampled;
  private long sampledBytes;

  /** Creates a view without a table. */
  public FieldTable(Slabs slabs, Hash hash) {
    this.slabs = slabs;
    table = new ByteTable(slabs, hash, FieldElement.FIELD_LENGTH_AT, OWN_HEADER_BYTES);
    expiries = new RankedTree(slabs, RankedTree.Ties.BY_ADDRESS);
  }

  /** Creates an empty table and makes this a view of it; returns its root. */
  public long create() {
    table.create();
    Region.zero(table.ownHeader(), OWN_HEADER_BYTES);
    Region.putLong(table.ownHeader() + NEXT_EXPIRY_AT, FieldElement.NO_EXPIRY);
    return table.header();
  }

  /** Returns the address of the table's state. */
  public long root() {
    return table.header();
  }

  /** Makes this a view of the table whose state is at an address. */
  public void pointTo(long address) {
    table.pointTo(address);
  }

  /** Sets the gate that is notified before fields change; null for none. */
  public void setGate(@Nullable PartGate newGate) {
    table.setGate(newGate);
  }

  /**
   * Notifies the gate that the value of the field last looked up by {@link #find} is about to
   * change in place.
   */
  public void beforeChange() {
    table.beforeChange(wanted);
  }

  public long size() {
    return table.size();
  }

  /** Sizes an empty table for the given number of fields. */
  public void expect(long fields) {
    table.expect(fields);
  }

  /** Returns the owner's mark, initially false. Its meaning is up to the owner. */
  public boolean isMarked() {
    return Region.getLong(table.ownHeader() + MARKED_AT) != 0;
  }

  /** Returns {@link #isMarked()} of the table with the given root. */
  public static boolean isMarked(long root) {
    return Region.getLong(ByteTable.ownHeader(root) + MARKED_AT) != 0;
  }

  /** Sets the owner's mark. */
  public void setMarked(boolean mark) {
    Region.putLong(table.ownHeader() + MARKED_AT, mark ? 1 : 0);
  }

  // Lookups.

  /** Returns the element of a field, or 0. */
  public long find(long field, int length) {
    wanted = table.hash(field, length);
    return table.find(wanted, field, length);
  }

  /** Returns a uniformly random element, or 0 if there is none. */
  public long random(RandomGenerator random) {
    return table.random(random);
  }

  /** Passes a few elements to a consumer; see {@link ByteTable#scan}. */
  public long scan(long cursor, BlockConsumer consumer) {
    return table.scan(cursor, consumer);
  }

  // Updates.

  /**
   * Adds the field that {@link #find} has just not found, with a value of the given length, which
   * is to be written to {@link FieldElement#valueAddress}.
   */
  public long insert(long field, int fieldLength, int valueLength) {
    long bytes = FieldElement.sizeBytes(fieldLength, false, valueLength);
    long element = slabs.allocate(bytes);
    long value = FieldElement.putField(element, field, fieldLength);
    FieldElement.putValueLength(value, valueLength, ownBlock(valueLength, element, bytes));
    link(wanted, element);
    makeTreeIfLarge();
    return element;
  }

  /**
   * Makes room for another value, which is to be written to {@link FieldElement#valueAddress};
   * keeps the expiry time.
   *
   * @return the element, which may have moved
   */
  public long replaceValue(long element, int valueLength) {
    long headBytes = FieldElement.valueStart(element) - element;
    long newBytes = headBytes + FieldElement.valueBytes(valueLength);
    long oldBytes = FieldElement.sizeBytes(element);
    long target = element;
    if (slabs.blockBytes(newBytes) != slabs.blockBytes(oldBytes)) {
      target = slabs.allocate(newBytes);
    }
    long ownBlock =
        target == element ? ownBlock(valueLength) : ownBlock(valueLength, target, newBytes);
    freeOwnBlock(element);
    FieldElement.putValueLength(target + headBytes, valueLength, ownBlock);
    if (target != element) {
      Region.copy(element, target, headBytes);
      replaceElement(element, target, oldBytes);
    }
    return target;
  }

  /**
   * Sets the expiry time of a field.
   *
   * @param expireAt in milliseconds since 1970, or {@link FieldElement#NO_EXPIRY}
   * @return the element, which may have moved
   */
  public long expireAt(long element, long expireAt) {
    long oldExpireAt = FieldElement.expireAt(element);
    if (oldExpireAt == expireAt) {
      return element;
    }
    if (expireAt != FieldElement.NO_EXPIRY && treeHeader() != 0) {
      tree().ensureInsert(); // so that the change cannot fail half way
    }
    if (treeHeader() != 0 && oldExpireAt != FieldElement.NO_EXPIRY) {
      tree().remove(oldExpireAt, element);
    }
    long target = element;
    if (oldExpireAt != FieldElement.NO_EXPIRY && expireAt != FieldElement.NO_EXPIRY) {
      FieldElement.putExpiry(element, expireAt);
    } else {
      target = reform(element, expireAt);
    }
    if (expireAt != FieldElement.NO_EXPIRY) {
      onExpiryAdded(target, expireAt);
    }
    if (oldExpireAt != FieldElement.NO_EXPIRY) {
      onExpiryRemoved(oldExpireAt);
    }
    return target;
  }

  /** Adds room for an expiry time to an element, or removes it. */
  private long reform(long element, long expireAt) {
    long oldBytes = FieldElement.sizeBytes(element);
    long newBytes =
        FieldElement.sizeBytes(
            FieldElement.fieldLength(element),
            expireAt != FieldElement.NO_EXPIRY,
            FieldElement.valueLength(element));
    if (slabs.blockBytes(newBytes) == slabs.blockBytes(oldBytes)) {
      FieldElement.copy(element, element, expireAt);
      return element;
    }
    long target = slabs.allocate(newBytes);
    FieldElement.copy(element, target, expireAt);
    table.replace(hashOf(target), element, target);
    slabs.free(element, oldBytes);
    return target;
  }

  /**
   * Replaces all references to an element that was copied to a new address, and frees the old one.
   */
  private void replaceElement(long element, long target, long oldBytes) {
    table.replace(hashOf(target), element, target);
    long expireAt = FieldElement.expireAt(target);
    if (treeHeader() != 0 && expireAt != FieldElement.NO_EXPIRY) {
      tree().insert(expireAt, target);
      tree().remove(expireAt, element);
    }
    slabs.free(element, oldBytes);
  }

  private long hashOf(long element) {
    return table.hash(FieldElement.fieldAddress(element), FieldElement.fieldLength(element));
  }

  public void remove(long element) {
    long expireAt = FieldElement.expireAt(element);
    if (treeHeader() != 0 && expireAt != FieldElement.NO_EXPIRY) {
      tree().remove(expireAt, element);
    }
    table.remove(hashOf(element), element);
    freeBlock(element);
    if (expireAt != FieldElement.NO_EXPIRY) {
      onExpiryRemoved(expireAt);
    }
  }

  private long ownBlock(int valueLength) {
    return FieldElement.needsOwnBlock(valueLength) ? slabs.allocateFar(valueLength) : 0;
  }

  /** Allocates the block of a new element's value, or frees the element if there is no memory. */
  private long ownBlock(int valueLength, long element, long elementBytes) {
    try {
      return ownBlock(valueLength);
    } catch (OutOfMemoryError full) {
      slabs.free(element, elementBytes);
      throw full;
    }
  }

  /** Inserts a complete element, or frees it if the table cannot grow. */
  private void link(long hash, long element) {
    try {
      table.insert(hash, element);
    } catch (OutOfMemoryError full) {
      freeBlock(element);
      throw full;
    }
  }

  private void freeOwnBlock(long element) {
    long block = FieldElement.ownBlock(element);
    if (block != 0) {
      slabs.free(block, FieldElement.valueLength(element));
    }
  }

  private void freeBlock(long element) {
    freeOwnBlock(element);
    slabs.free(element, FieldElement.sizeBytes(element));
  }

  // Expiry.

  private long treeHeader() {
    return Region.getLong(table.ownHeader() + TREE_AT);
  }

  private RankedTree tree() {
    expiries.pointTo(treeHeader());
    return expiries;
  }

  /** Records that an element now expires, or expires at another time. */
  private void onExpiryAdded(long element, long expireAt) {
    long next = nextExpiry();
    if (next == FieldElement.NO_EXPIRY || expireAt < next) {
      Region.putLong(table.ownHeader() + NEXT_EXPIRY_AT, expireAt);
    }
    Region.putLong(table.ownHeader() + EXPIRING_AT, expiring() + 1);
    if (treeHeader() != 0) {
      tree().insert(expireAt, element);
    } else {
      makeTreeIfLarge();
    }
  }

  private void makeTreeIfLarge() {
    if (expires() && size() > MAX_WITHOUT_TREE && treeHeader() == 0) {
      try {
        expiries.create();
      } catch (OutOfMemoryError full) {
        return; // the table works without, only slower
      }
      try {
        forEach(addToTree);
      } catch (OutOfMemoryError full) {
        while (expiries.dismantle()) {}
        return;
      }
      Region.putLong(table.ownHeader() + TREE_AT, expiries.header());
    }
  }

  private void addToTree(long element) {
    long expireAt = FieldElement.expireAt(element);
    if (expireAt != FieldElement.NO_EXPIRY) {
      expiries.insert(expireAt, element);
    }
  }

  /** Records that one element fewer expires at the given time. */
  private void onExpiryRemoved(long expireAt) {
    long left = expiring() - 1;
    Region.putLong(table.ownHeader() + EXPIRING_AT, left);
    if (left == 0) {
      Region.putLong(table.ownHeader() + NEXT_EXPIRY_AT, FieldElement.NO_EXPIRY);
      if (treeHeader() != 0) {
        tree().dismantle();
        Region.putLong(table.ownHeader() + TREE_AT, 0);
      }
    } else if (expireAt == nextExpiry()) {
      Region.putLong(table.ownHeader() + NEXT_EXPIRY_AT, FieldElement.expireAt(nextExpiring()));
    }
  }

  /** Returns true if any field expires. */
  public boolean expires() {
    return nextExpiry() != FieldElement.NO_EXPIRY;
  }

  /**
   * Returns the next expiry time, in milliseconds since 1970, or {@link FieldElement#NO_EXPIRY}.
   */
  public long nextExpiry() {
    return Region.getLong(table.ownHeader() + NEXT_EXPIRY_AT);
  }

  /** Returns the element that expires next; 0 if none does. */
  public long nextExpiring() {
    if (treeHeader() != 0) {
      return RankedTree.block(tree().first());
    }
    search(0);
    return firstExpiring;
  }

  /** Returns the number of fields that expire. */
  public long expiring() {
    return Region.getLong(table.ownHeader() + EXPIRING_AT);
  }

  /** Returns the number of fields that expire before a point in time. */
  public long expiringBefore(long millis) {
    if (treeHeader() != 0) {
      return tree().rank(millis, 0);
    }
    if (!expires() || nextExpiry() >= millis) {
      return 0;
    }
    search(millis);
    return countBefore;
  }

  /** Searches all elements; there are only a few. */
  private void search(long millis) {
    firstExpiring = 0;
    beforeMillis = millis;
    countBefore = 0;
    forEach(lookAtExpiry);
  }

  private void lookAtExpiry(long element) {
    long expireAt = FieldElement.expireAt(element);
    if (expireAt != FieldElement.NO_EXPIRY) {
      if (expireAt < beforeMillis) {
        countBefore++;
      }
      if (firstExpiring == 0 || expireAt < FieldElement.expireAt(firstExpiring)) {
        firstExpiring = element;
      }
    }
  }

  private void forEach(BlockConsumer consumer) {
    long cursor = 0;
    do {
      cursor = table.scan(cursor, consumer);
    } while (cursor != 0);
  }

  // The whole table.

  /** Creates a copy of another view's table and makes this a view of it; returns its root. */
  public long copyOf(FieldTable source) {
    create();
    expect(source.size());
    setMarked(source.isMarked());
    try {
      source.forEach(insertCopy);
    } catch (OutOfMemoryError full) {
      while (dismantle()) {}
      throw full;
    }
    return root();
  }

  private void insertCopy(long element) {
    long bytes = FieldElement.sizeBytes(element);
    int valueLength = FieldElement.valueLength(element);
    long copy = slabs.allocate(bytes);
    Region.copy(element, copy, bytes);
    long ownBlock = ownBlock(valueLength, copy, bytes);
    if (ownBlock != 0) {
      FieldElement.putValueLength(FieldElement.valueStart(copy), valueLength, ownBlock);
      Region.copy(FieldElement.valueAddress(element), ownBlock, valueLength);
    }
    link(hashOf(copy), copy);
    long expireAt = FieldElement.expireAt(copy);
    if (expireAt != FieldElement.NO_EXPIRY) {
      onExpiryAdded(copy, expireAt);
    } else {
      makeTreeIfLarge();
    }
  }

  /** Returns the bytes of the table, estimated from the given number of elements; 0 for all. */
  public long sizeBytes(long samples) {
    long size = size();
    sampled = 0;
    sampledBytes = 0;
    long cursor = 0;
    do {
      cursor = scan(cursor, addSize);
    } while (cursor != 0 && (samples == 0 || sampled < samples));
    return table.bucketBytes()
        + (sampled == 0 ? 0 : (long) ((double) sampledBytes / sampled * size))
        + (treeHeader() == 0 ? 0 : expiring() * TREE_BYTES_EACH);
  }

  private void addSize(long element) {
    sampled++;
    sampledBytes += slabs.blockBytes(FieldElement.sizeBytes(element));
    if (FieldElement.ownBlock(element) != 0) {
      sampledBytes += slabs.blockBytes(FieldElement.valueLength(element));
    }
  }

  /**
   * Frees part of a table that is no longer used.
   *
   * @return true if there is more to free
   */
  public boolean dismantle() {
    if (treeHeader() != 0) {
      if (!tree().dismantle()) {
        Region.putLong(table.ownHeader() + TREE_AT, 0);
      }
      return true;
    }
    return table.dismantle(freeBlock);
  }
}
