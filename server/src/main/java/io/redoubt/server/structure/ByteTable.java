package io.redoubt.server.structure;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A hash table from byte strings to near blocks that carry their own key: at a fixed distance from
 * a block's start stands its key's {@link BlockLength}, and the key after it.
 *
 * <p><b>Buckets.</b> A {@link Bucket} is one cache line: a tag of one byte for each of its twelve
 * places and a reference for each. Looking up touches the bucket and then as a rule only a block
 * that is the right one, so a miss costs one cache line and a hit two.
 *
 * <p><b>Growing</b> is linear hashing: the table always has just as many buckets as its load asks
 * for, and gets one more by splitting one bucket (some 20 blocks to look at), so there is no moment
 * at which much is moved. Shrinking is the reverse: the last bucket goes back into the one that it
 * came from. See {@link Buckets}.
 *
 * <p><b>Scanning.</b> Each bucket holds all blocks whose hash ends in some bit pattern. Written
 * backwards, lowest bit first, hashes with one ending are neighbours: a bucket is an interval of
 * backward hashes, splitting cuts it in two and merging joins two again. A cursor is a place in
 * that order, and everything before it has been returned; the next call returns the whole bucket
 * that holds the place, and the cursor moves to that bucket's end. What stays in the table never
 * changes its place, so it is returned whatever growing and shrinking there is meanwhile (after
 * shrinking, some of it twice).
 *
 * <p>Its whole state is in the region, at {@link #header}: this object is a view, and may be given
 * another table ({@link #header(long)}).
 */
public final class ByteTable {

  private static final int LINE_BYTES = Buckets.BUCKET_BYTES;

  // With ten blocks for twelve places on average, a fifth of the buckets has an overflow block, and
  // the table takes 7 to 8 bytes a block; more would save little and cost lookups their second
  // line.
  private static final int SPLIT_ABOVE = 10;
  private static final int MERGE_BELOW = 5;

  // The header: how many blocks there are, where reading ahead leaves what it read, and the
  // buckets'.
  private static final int COUNT_AT = 0;
  private static final int SEEN_AT = 8;
  private static final int BUCKETS_AT = 16;

  /** What a table's state takes, at {@link #header}. */
  public static final int HEADER_BYTES = BUCKETS_AT + Buckets.STATE_BYTES;

  private final Slabs slabs;
  private final Hash hash;
  private final int keyLengthAt;
  private final int ownHeaderBytes;
  private final Buckets buckets;
  private @Nullable PartGate gate;
  private long header;

  // What a bucket held that is taken apart, and one whose blocks are handed to somebody.
  private final BucketContents apart = new BucketContents();
  private final BucketContents handedOut = new BucketContents();

  /**
   * A view without a table yet.
   *
   * @param keyLengthAt the distance from a block's start to its key's length
   */
  public ByteTable(Slabs slabs, Hash hash, int keyLengthAt) {
    this(slabs, hash, keyLengthAt, 0);
  }

  /**
   * A view of tables whose header has a part that is their owner's.
   *
   * @param ownHeaderBytes how much that is, see {@link #ownHeader}
   */
  public ByteTable(Slabs slabs, Hash hash, int keyLengthAt, int ownHeaderBytes) {
    this.slabs = slabs;
    this.hash = hash;
    this.keyLengthAt = keyLengthAt;
    this.ownHeaderBytes = ownHeaderBytes;
    buckets = new Buckets(slabs);
  }

  /** Makes an empty table, and this a view of it. */
  public void create() {
    header = slabs.allocateFar(HEADER_BYTES + ownHeaderBytes);
    Region.putLong(header + COUNT_AT, 0);
    buckets.create(header + BUCKETS_AT);
    Bucket.clear(buckets.address(0));
  }

  /** Where the table's state is. */
  public long header() {
    return header;
  }

  /** Makes this a view of the table whose state is at an address. */
  public void header(long address) {
    header = address;
    buckets.state(address + BUCKETS_AT);
  }

  /** The owner's part of the header; undefined at first, freed with the table. */
  public long ownHeader() {
    return ownHeader(header);
  }

  static long ownHeader(long header) {
    return header + HEADER_BYTES;
  }

  /** How many blocks there are. */
  public long size() {
    return Region.getLong(header + COUNT_AT);
  }

  /** How many blocks the table has whose state is at an address. */
  public static long size(long header) {
    return Region.getLong(header + COUNT_AT);
  }

  /** How many buckets there are. */
  public int buckets() {
    return buckets.count();
  }

  /** The hash of the key at an address: what the methods below want. */
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

  /** Sets who is told before elements change; null for nobody. */
  public void gate(@Nullable PartGate told) {
    gate = told;
  }

  /** Tells the gate that the element with a hash is about to be changed in place. */
  public void beforeChange(long hash) {
    if (gate != null) {
      gate.beforeElement(header, hash);
    }
  }

  // Looking up.

  /** The block with a key, or 0. */
  public long find(long keyAddress, int keyLength) {
    return find(hash(keyAddress, keyLength), keyAddress, keyLength);
  }

  /** The block with a key whose hash is known, or 0. */
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

  /** The bucket where the lookup of a hash begins, for {@link #prefetch}. */
  public long bucket(long hash) {
    return buckets.addressOf(hash);
  }

  /** As {@link #bucket(long)}, in the table whose state is at an address. */
  public static long bucket(long header, long hash) {
    return Buckets.addressOf(header + BUCKETS_AT, hash);
  }

  /**
   * Reads buckets, of this table or others, and then the first two lines of the first block in each
   * with the right tag, so that the lookups to come find them in the cache. The reads of one kind
   * don't wait for one another, so their waiting times overlap; a lookup alone has to wait for
   * each.
   *
   * @param bucketOf the bucket of each hash, 0 for none; afterwards the block that was read, which
   *     as a rule is the one that will be looked for, or 0
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
    seen(sum);
  }

  /** Keeps the compiler from leaving out what is read ahead: the sum of it goes somewhere. */
  public void seen(long sum) {
    seen(header, sum);
  }

  static void seen(long header, long sum) {
    Region.putInt(header + SEEN_AT, (int) sum);
  }

  static long bucketsState(long header) {
    return header + BUCKETS_AT;
  }

  // Changing.

  /** Adds a block whose key is not in the table. */
  public void insert(long hash, long block) {
    beforeChange(hash);
    Bucket.put(slabs, buckets.addressOf(hash), Bucket.tag(hash), Region.reference(block));
    long size = size() + 1;
    Region.putLong(header + COUNT_AT, size);
    if (size > (long) buckets.count() * SPLIT_ABOVE) {
      split();
    }
  }

  /** Puts a block in the place of another one with the same key. */
  public void replace(long hash, long block, long replacement) {
    beforeChange(hash);
    long bucket = buckets.addressOf(hash);
    long node = Bucket.nodeOf(bucket, hash, block);
    int referencesAt = node == bucket ? Bucket.REFERENCES_AT : Bucket.EXTRA_REFERENCES_AT;
    int place = Bucket.placeIn(node, referencesAt, hash, block);
    Bucket.refer(node, referencesAt, place, Region.reference(replacement));
  }

  /** Takes a block out; it is not freed. */
  public void remove(long hash, long block) {
    beforeChange(hash);
    long bucket = buckets.addressOf(hash);
    long node = Bucket.nodeOf(bucket, hash, block);
    int referencesAt = node == bucket ? Bucket.REFERENCES_AT : Bucket.EXTRA_REFERENCES_AT;
    int place = Bucket.placeIn(node, referencesAt, hash, block);
    Bucket.free(slabs, bucket, node, referencesAt, place);
    long size = size() - 1;
    Region.putLong(header + COUNT_AT, size);
    if (size < (long) buckets.count() * MERGE_BELOW && buckets.count() > 1) {
      merge();
    }
  }

  private void split() {
    int added = buckets.count();
    long target = buckets.add();
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

  /** Empties a bucket into {@link #apart}; returns how many blocks that were. */
  private int takeApart(long bucket) {
    int count = apart.gather(bucket);
    Bucket.clearAll(slabs, bucket);
    return count;
  }

  /**
   * Makes an empty table ready for so many blocks, so that it need not grow step by step. Does
   * nothing when the table is not empty.
   */
  public void expect(long blocks) {
    if (size() == 0) {
      long wanted = Math.min(blocks / SPLIT_ABOVE, 1 << 30);
      while (buckets.count() < wanted) {
        Bucket.clear(buckets.add());
      }
    }
  }

  // Walking.

  /**
   * Hands over all blocks of the bucket at a cursor. The consumer may remove the block that it is
   * given from the table, and change nothing else.
   *
   * @param cursor 0 to start, or what the call before returned
   * @return the next cursor; 0 when all was handed over
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
   * The group that a hash belongs to, as if there were so many buckets: with as many as there were
   * at some moment, blocks are of one group that were in one bucket then, whatever growing and
   * shrinking there is later.
   */
  public static int group(int groups, long hash) {
    return Buckets.numberOf(groups, hash);
  }

  /** Hands over all blocks of a group; the consumer may change nothing. */
  public void scanGroup(int groups, int group, BlockConsumer consumer) {
    boolean mixed = buckets.count() < groups; // buckets were joined, with those of other groups
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

  /** A block chosen by chance, each as likely as another; 0 when there is none. */
  public long random(RandomGenerator chance) {
    if (size() == 0) {
      return 0;
    }
    // A bucket is taken with a probability that grows with what it holds.
    int tries = 0;
    int number;
    int count;
    do {
      number = chance.nextInt(buckets.count());
      count = apart.gather(buckets.address(number));
    } while (count <= chance.nextInt(2 * Bucket.SLOTS) && ++tries < 64);
    while (count == 0) {
      number = number + 1 == buckets.count() ? 0 : number + 1;
      count = apart.gather(buckets.address(number));
    }
    return apart.block(chance.nextInt(count));
  }

  /**
   * Takes the last bucket out of a table that is on its way to be freed, and hands over its blocks;
   * nothing else can be done with such a table any more.
   *
   * @return whether there is another bucket; if not, the table is gone
   */
  public boolean dismantle(BlockConsumer consumer) {
    int count = takeApart(buckets.address(buckets.count() - 1));
    Region.putLong(header + COUNT_AT, size() - count);
    buckets.removeLast();
    apart.readAhead(header);
    for (int i = 0; i < count; i++) {
      consumer.accept(apart.block(i));
    }
    if (buckets.count() > 0) {
      return true;
    }
    buckets.free();
    slabs.free(header, HEADER_BYTES + ownHeaderBytes);
    header = 0;
    return false;
  }

  /** Bytes of the buckets; overflow blocks are not among them. */
  public long bucketBytes() {
    return buckets.sizeBytes();
  }
}
