package io.redoubt.server.structure;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A hash table from byte strings to near blocks that carry their own key: the key's {@link
 * BlockLength} is at a fixed offset from the block's start, followed by the key.
 *
 * <p><b>Buckets.</b> A {@link Bucket} is one cache line: a one-byte tag and a reference for each of
 * its twelve slots. A lookup reads the bucket and then, as a rule, only the matching block, so a
 * miss costs one cache line and a hit two.
 *
 * <p><b>Growing</b> is linear hashing: the number of buckets follows the load, one at a time. Each
 * step splits a single bucket (some 20 blocks to look at), so no rehash of the whole table ever
 * happens. Shrinking is the reverse: the last bucket merges into the one that it was split from.
 * See {@link Buckets}.
 *
 * <p><b>Scanning.</b> A bucket holds all blocks whose hash ends in some bit pattern. With the bits
 * of each hash reversed, hashes with a common ending are adjacent: a bucket is an interval of
 * reversed hashes, splitting halves it and merging joins two halves. A cursor is a position in that
 * order, and all blocks before it have been returned. The next call returns the whole bucket that
 * contains the position and moves the cursor to that bucket's end. A block's position never
 * changes, so every block that stays in the table is returned however the table grows and shrinks
 * meanwhile; after shrinking, some are returned twice.
 *
 * <p>The whole state is in the region, at {@link #header}: this object is a view and may be pointed
 * at another table ({@link #pointTo(long)}).
 */
public final class ByteTable {

  private static final int LINE_BYTES = Buckets.BUCKET_BYTES;

  // With ten blocks for twelve slots on average, a fifth of the buckets has an overflow block, and
  // the table takes 7 to 8 bytes a block; a higher load would save little and cost lookups a second
  // line.
  private static final int SPLIT_ABOVE = 10;
  private static final int MERGE_BELOW = 5;

  // The header: the number of blocks (unsigned: references have 32 bits too), a sink for prefetched
  // bytes, and the state of the buckets.
  private static final int COUNT_AT = 0;
  private static final int SEEN_AT = 4;
  private static final int BUCKETS_AT = 8;

  /** The bytes of a table's state, at {@link #header}. */
  public static final int HEADER_BYTES = BUCKETS_AT + Buckets.STATE_BYTES;

  private final Slabs slabs;
  private final Hash hash;
  private final int keyLengthAt;
  private final int ownHeaderBytes;
  private final Buckets buckets;
  private @Nullable PartGate gate;
  private long header;

  // The contents of a bucket being split or merged, and of one whose blocks a consumer receives.
  private final BucketContents apart = new BucketContents();
  private final BucketContents handedOut = new BucketContents();

  /**
   * Creates a view without a table.
   *
   * @param keyLengthAt the offset of the key's length in a block
   */
  public ByteTable(Slabs slabs, Hash hash, int keyLengthAt) {
    this(slabs, hash, keyLengthAt, 0);
  }

  /**
   * Creates a view of tables whose header includes a part for their owner.
   *
   * @param ownHeaderBytes the length of that part, see {@link #ownHeader}
   */
  public ByteTable(Slabs slabs, Hash hash, int keyLengthAt, int ownHeaderBytes) {
    this.slabs = slabs;
    this.hash = hash;
    this.keyLengthAt = keyLengthAt;
    this.ownHeaderBytes = ownHeaderBytes;
    buckets = new Buckets(slabs);
  }

  /** Creates an empty table and makes this a view of it. */
  public void create() {
    long address = slabs.allocateFar(HEADER_BYTES + ownHeaderBytes);
    try {
      createAt(address);
    } catch (OutOfMemoryError full) {
      slabs.free(address, HEADER_BYTES + ownHeaderBytes);
      throw full;
    }
  }

  /**
   * Creates an empty table whose state is at a given address, and makes this a view of it. The
   * table is freed by {@link #release}, or moved by {@link #takeFrom}.
   */
  public void createAt(long address) {
    header = address;
    setCount(0);
    buckets.create(header + BUCKETS_AT);
    Bucket.clear(buckets.address(0));
  }

  /** Frees the buckets of an empty table that was created by {@link #createAt}. */
  public void release() {
    while (buckets.count() > 0) {
      buckets.removeLast();
    }
    buckets.free();
  }

  /**
   * Moves the state of a table that was created by {@link #createAt} into a block of its own, and
   * makes this a view of it. The size at the old address is 0 afterwards.
   */
  public void takeFrom(long address) {
    long moved = slabs.allocateFar(HEADER_BYTES + ownHeaderBytes);
    Region.copy(address, moved, HEADER_BYTES);
    Region.putInt(address + COUNT_AT, 0);
    pointTo(moved);
  }

  /** Returns the address of the table's state. */
  public long header() {
    return header;
  }

  /** Makes this a view of the table whose state is at an address. */
  public void pointTo(long address) {
    header = address;
    buckets.pointTo(address + BUCKETS_AT);
  }

  /** Returns the owner's part of the header: undefined at first, freed with the table. */
  public long ownHeader() {
    return ownHeader(header);
  }

  static long ownHeader(long header) {
    return header + HEADER_BYTES;
  }

  public long size() {
    return size(header);
  }

  /** Returns the number of blocks of the table whose state is at an address. */
  public static long size(long header) {
    return Integer.toUnsignedLong(Region.getInt(header + COUNT_AT));
  }

  private void setCount(long size) {
    Region.putInt(header + COUNT_AT, (int) size);
  }

  public int buckets() {
    return buckets.count();
  }

  /** Returns the hash of the key at an address, as the methods below expect it. */
  public long hash(long keyAddress, int keyLength) {
    return hash.of(Region.MEMORY, keyAddress, keyLength);
  }

  private long hashOf(long block) {
    long at = block + keyLengthAt;
    return hash(at + BlockLength.sizeAt(at), BlockLength.get(at));
  }

  private boolean hasKey(long block, long keyAddress, int keyLength) {
    long at = block + keyLengthAt;
    return BlockLength.get(at) == keyLength
        && Region.equal(at + BlockLength.sizeAt(at), keyAddress, keyLength);
  }

  /** Sets the gate that is notified before elements change; null for none. */
  public void setGate(@Nullable PartGate newGate) {
    gate = newGate;
  }

  /** Notifies the gate that the element with a hash is about to change in place. */
  public void beforeChange(long hash) {
    if (gate != null) {
      gate.beforeElement(header, hash);
    }
  }

  // Lookups.

  /** Returns the block with a key, or 0. */
  public long find(long keyAddress, int keyLength) {
    return find(hash(keyAddress, keyLength), keyAddress, keyLength);
  }

  /** Returns the block with a key whose hash is known, or 0. */
  public long find(long hash, long keyAddress, int keyLength) {
    long bucket = buckets.addressOf(hash);
    long pattern = Bucket.pattern(hash);
    long candidates = Bucket.matches(Region.getLong(bucket), pattern);
    for (; candidates != 0; candidates &= candidates - 1) {
      long block = Bucket.reference(bucket + Bucket.REFERENCES_AT, Bucket.place(candidates));
      if (hasKey(block, keyAddress, keyLength)) {
        return block;
      }
    }
    candidates = Bucket.matches(Region.getLong(bucket + 8) & Bucket.LAST_TAGS, pattern);
    for (; candidates != 0; candidates &= candidates - 1) {
      long block = Bucket.reference(bucket + Bucket.REFERENCES_AT, 8 + Bucket.place(candidates));
      if (hasKey(block, keyAddress, keyLength)) {
        return block;
      }
    }
    int overflow = Region.getInt(bucket + Bucket.OVERFLOW_AT);
    return overflow == 0 ? 0 : findInChain(overflow, pattern, keyAddress, keyLength);
  }

  private long findInChain(int first, long pattern, long keyAddress, int keyLength) {
    for (int next = first; next != 0; ) {
      long extra = Region.address(next);
      long candidates = Bucket.matches(Region.getLong(extra) & Bucket.EXTRA_TAGS, pattern);
      for (; candidates != 0; candidates &= candidates - 1) {
        long block = Bucket.reference(extra + Bucket.EXTRA_REFERENCES_AT, Bucket.place(candidates));
        if (hasKey(block, keyAddress, keyLength)) {
          return block;
        }
      }
      next = Region.getInt(extra + Bucket.EXTRA_NEXT_AT);
    }
    return 0;
  }

  /** Returns the bucket where the lookup of a hash starts, for {@link #prefetch}. */
  public long bucket(long hash) {
    return buckets.addressOf(hash);
  }

  /** Returns the bucket of a hash, as {@link #bucket(long)}, in the table at an address. */
  public static long bucket(long header, long hash) {
    return Buckets.addressOf(header + BUCKETS_AT, hash);
  }

  /**
   * Reads buckets, of this table or others, and then the first two lines of the first block in each
   * with the right tag, so that later lookups find them in the cache. The reads of each pass are
   * independent, so their latencies overlap; a lookup alone waits for each in turn.
   *
   * @param bucketOf the bucket of each hash, 0 for none; on return the block that was read, which
   *     as a rule is the one to be looked up, or 0
   */
  public void prefetch(long[] hashes, long[] bucketOf, int count) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Region.getLong(bucketOf[i]);
    }
    for (int i = 0; i < count; i++) {
      long bucket = bucketOf[i];
      bucketOf[i] = 0;
      if (bucket == 0) {
        continue;
      }
      long pattern = Bucket.pattern(hashes[i]);
      long candidates = Bucket.matches(Region.getLong(bucket), pattern);
      int base = 0;
      if (candidates == 0) {
        candidates = Bucket.matches(Region.getLong(bucket + 8) & Bucket.LAST_TAGS, pattern);
        base = 8;
      }
      if (candidates != 0) {
        long block =
            Bucket.reference(bucket + Bucket.REFERENCES_AT, base + Bucket.place(candidates));
        bucketOf[i] = block;
        sum += Region.getByte(block) + Region.getByte(block + LINE_BYTES);
      }
    }
    keepSum(sum);
  }

  /** Stores the sum of prefetched bytes, to keep the compiler from dropping the reads. */
  public void keepSum(long sum) {
    keepSum(header, sum);
  }

  static void keepSum(long header, long sum) {
    Region.putInt(header + SEEN_AT, (int) sum);
  }

  static long bucketsState(long header) {
    return header + BUCKETS_AT;
  }

  // Updates.

  /** Adds a block whose key is not in the table. */
  public void insert(long hash, long block) {
    beforeChange(hash);
    Bucket.put(slabs, buckets.addressOf(hash), Bucket.tag(hash), Region.reference(block));
    long size = size() + 1;
    setCount(size);
    if (size > (long) buckets.count() * SPLIT_ABOVE) {
      split();
    }
  }

  /** Replaces a block with another of the same key. */
  public void replace(long hash, long block, long replacement) {
    beforeChange(hash);
    long bucket = buckets.addressOf(hash);
    long node = Bucket.nodeOf(bucket, hash, block);
    int referencesAt = node == bucket ? Bucket.REFERENCES_AT : Bucket.EXTRA_REFERENCES_AT;
    int place = Bucket.placeIn(node, referencesAt, hash, block);
    Bucket.refer(node, referencesAt, place, Region.reference(replacement));
  }

  /** Removes a block without freeing it. */
  public void remove(long hash, long block) {
    beforeChange(hash);
    long bucket = buckets.addressOf(hash);
    long node = Bucket.nodeOf(bucket, hash, block);
    int referencesAt = node == bucket ? Bucket.REFERENCES_AT : Bucket.EXTRA_REFERENCES_AT;
    int place = Bucket.placeIn(node, referencesAt, hash, block);
    Bucket.free(slabs, bucket, node, referencesAt, place);
    long size = size() - 1;
    setCount(size);
    // A merge may need an overflow block.
    if (size < (long) buckets.count() * MERGE_BELOW && buckets.count() > 1 && !slabs.isShort()) {
      merge();
    }
  }

  private void split() {
    int added = buckets.count();
    long target;
    try {
      target = buckets.add();
    } catch (OutOfMemoryError full) {
      return; // the table works on, with fuller buckets
    }
    Bucket.clear(target);
    int power = Integer.highestOneBit(added);
    long source = buckets.address(Buckets.origin(added));
    int count = takeApart(source);
    apart.readAhead(header);
    for (int i = 0; i < count; i++) {
      boolean moves = ((int) hashOf(apart.block(i)) & power) != 0;
      Bucket.put(slabs, moves ? target : source, apart.tag(i), apart.reference(i));
    }
  }

  private void merge() {
    int last = buckets.count() - 1;
    long target = buckets.address(Buckets.origin(last));
    int count = takeApart(buckets.address(last));
    for (int i = 0; i < count; i++) {
      Bucket.put(slabs, target, apart.tag(i), apart.reference(i));
    }
    buckets.removeLast();
  }

  /** Empties a bucket into {@link #apart}; returns the number of its blocks. */
  private int takeApart(long bucket) {
    int count = apart.gather(bucket);
    Bucket.clearAll(slabs, bucket);
    return count;
  }

  /**
   * Sizes an empty table for the given number of blocks, so that it need not grow step by step.
   * Does nothing if the table is not empty.
   */
  public void expect(long blocks) {
    if (size() == 0) {
      long wanted = Math.min(blocks / SPLIT_ABOVE, 1 << 30);
      while (buckets.count() < wanted) {
        long bucket;
        try {
          bucket = buckets.add();
        } catch (OutOfMemoryError full) {
          return; // the table works with fuller buckets
        }
        Bucket.clear(bucket);
      }
    }
  }

  // Traversal.

  /**
   * Passes all blocks of the bucket at a cursor to a consumer. The consumer may remove the block
   * that it receives from the table, but change nothing else.
   *
   * @param cursor 0 to start, or the result of the previous call
   * @return the next cursor; 0 at the end
   */
  public long scan(long cursor, BlockConsumer consumer) {
    int number = buckets.numberOf(cursor);
    long next = buckets.after(cursor, number);
    handOver(buckets.address(number), consumer);
    return next;
  }

  private void handOver(long bucket, BlockConsumer consumer) {
    int count = handedOut.gather(bucket);
    handedOut.readAhead(header);
    for (int i = 0; i < count; i++) {
      consumer.accept(handedOut.block(i));
    }
  }

  /**
   * Returns the group that a hash belongs to, which is its bucket in a table of {@code groups}
   * buckets. With the number of buckets at some moment, a group is the contents of one bucket at
   * that moment, however the table grows and shrinks later.
   */
  public static int group(int groups, long hash) {
    return Buckets.numberOf(groups, hash);
  }

  /** Passes all blocks of a group to a consumer, which may change nothing. */
  public void scanGroup(int groups, int group, BlockConsumer consumer) {
    boolean mixed = buckets.count() < groups; // merged buckets hold several groups
    long cursor = group;
    do {
      int number = buckets.numberOf(cursor);
      int count = handedOut.gather(buckets.address(number));
      handedOut.readAhead(header);
      for (int i = 0; i < count; i++) {
        long block = handedOut.block(i);
        if (!mixed || group(groups, hashOf(block)) == group) {
          consumer.accept(block);
        }
      }
      cursor = buckets.after(cursor, number);
    } while (cursor != 0 && group(groups, cursor) == group);
  }

  /** Returns a uniformly random block, or 0 if there is none. */
  public long random(RandomGenerator random) {
    if (size() == 0) {
      return 0;
    }
    if (buckets.count() == 1) {
      return apart.gather(buckets.address(0)) == 0 ? 0 : apart.block(random.nextInt(apart.count()));
    }
    // Rejection sampling: the probability to accept a bucket is proportional to its length, up to
    // a length that one in thousands of the fullest buckets, those about to be split, exceeds.
    int tries = 0;
    int number;
    int count;
    do {
      number = random.nextInt(buckets.count());
      count = Bucket.count(buckets.address(number));
    } while (count <= random.nextInt(3 * Bucket.SLOTS) && ++tries < 64);
    while (count == 0) {
      number = number + 1 == buckets.count() ? 0 : number + 1;
      count = Bucket.count(buckets.address(number));
    }
    apart.gather(buckets.address(number));
    return apart.block(random.nextInt(count));
  }

  /**
   * Removes the last bucket of a table that is being freed, and passes its blocks to a consumer. No
   * other operation is valid on such a table.
   *
   * @return true if another bucket is left; if not, the table has been freed
   */
  public boolean dismantle(BlockConsumer consumer) {
    if (dismantleBucket(consumer)) {
      return true;
    }
    slabs.free(header, HEADER_BYTES + ownHeaderBytes);
    header = 0;
    return false;
  }

  /**
   * Dismantles a table created by {@link #createAt}, like {@link #dismantle}.
   *
   * @return true if another bucket is left
   */
  public boolean dismantleBucket(BlockConsumer consumer) {
    int count = takeApart(buckets.address(buckets.count() - 1));
    setCount(size() - count);
    buckets.removeLast();
    apart.readAhead(header);
    for (int i = 0; i < count; i++) {
      consumer.accept(apart.block(i));
    }
    if (buckets.count() > 0) {
      return true;
    }
    buckets.free();
    return false;
  }

  /** Returns the bytes of the buckets, without overflow blocks. */
  public long bucketBytes() {
    return buckets.sizeBytes();
  }
}
