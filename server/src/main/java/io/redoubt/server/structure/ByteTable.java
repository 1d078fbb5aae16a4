package io.redoubt.server.structure;

import io.redoubt.protocol.bytes.Hash;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A hash table from byte strings to near blocks that carry their own key: at a fixed distance from
 * a block's start stands its key's {@link BlockLength}, and the key after it.
 *
 * <p><b>Buckets.</b> A bucket is one cache line: a tag of one byte for each of its twelve places
 * (0: free; else eight bits of the hash), and a reference for each. Looking up touches the bucket
 * and then as a rule only a block that is the right one, so a miss costs one cache line and a hit
 * two. What does not fit goes to a chain of overflow blocks of four; only the first of a chain may
 * have free places, and a bucket with a chain has none.
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
  static final int SLOTS = 12;
  static final int OVERFLOW_AT = 12; // after the tags
  static final int REFERENCES_AT = 16;

  private static final int EXTRA_BYTES = 24;
  static final int EXTRA_SLOTS = 4;
  static final int EXTRA_NEXT_AT = 4; // after the tags
  static final int EXTRA_REFERENCES_AT = 8;

  /** The tags in a bucket's second word, and in an overflow block's first. */
  private static final long LAST_TAGS = 0xffff_ffffL;

  private static final long EXTRA_TAGS = 0xffff_ffffL;

  private static final long BYTES_01 = 0x0101_0101_0101_0101L;
  private static final long BYTES_7F = 0x7f7f_7f7f_7f7f_7f7fL;

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

  // What a bucket held while it is taken apart, and while its blocks are handed to somebody.
  private int[] references = new int[64];
  private byte[] tags = new byte[64];
  private int[] handedOut = new int[64];

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
    clear(buckets.address(0));
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

  private static int tag(long hash) {
    int tag = (int) (hash >>> 56);
    return tag == 0 ? 1 : tag;
  }

  /** The top bit of each byte of {@code word} that equals the tag. */
  private static long matches(long word, long pattern) {
    long difference = word ^ pattern;
    return ~(((difference & BYTES_7F) + BYTES_7F) | difference | BYTES_7F);
  }

  private static int place(long matches) {
    return Long.numberOfTrailingZeros(matches) >>> 3;
  }

  // Looking up.

  /** The block with a key, or 0. */
  public long find(long keyAddress, int keyLength) {
    return find(hash(keyAddress, keyLength), keyAddress, keyLength);
  }

  /** The block with a key whose hash is known, or 0. */
  public long find(long hash, long keyAddress, int keyLength) {
    long bucket = buckets.addressOf(hash);
    long pattern = tag(hash) * BYTES_01;
    long candidates = matches(Region.getLong(bucket), pattern);
    for (; candidates != 0; candidates &= candidates - 1) {
      long block = reference(bucket + REFERENCES_AT, place(candidates));
      if (hasKey(block, keyAddress, keyLength)) {
        return block;
      }
    }
    candidates = matches(Region.getLong(bucket + 8) & LAST_TAGS, pattern);
    for (; candidates != 0; candidates &= candidates - 1) {
      long block = reference(bucket + REFERENCES_AT, 8 + place(candidates));
      if (hasKey(block, keyAddress, keyLength)) {
        return block;
      }
    }
    int overflow = Region.getInt(bucket + OVERFLOW_AT);
    return overflow == 0 ? 0 : findInChain(overflow, pattern, keyAddress, keyLength);
  }

  private long findInChain(int first, long pattern, long keyAddress, int keyLength) {
    for (int next = first; next != 0; ) {
      long extra = Region.address(next);
      long candidates = matches(Region.getLong(extra) & EXTRA_TAGS, pattern);
      for (; candidates != 0; candidates &= candidates - 1) {
        long block = reference(extra + EXTRA_REFERENCES_AT, place(candidates));
        if (hasKey(block, keyAddress, keyLength)) {
          return block;
        }
      }
      next = Region.getInt(extra + EXTRA_NEXT_AT);
    }
    return 0;
  }

  private static long reference(long references, int place) {
    return Region.address(Region.getInt(references + (long) place * Integer.BYTES));
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
      long pattern = tag(hashes[i]) * BYTES_01;
      long candidates = matches(Region.getLong(bucket), pattern);
      int base = 0;
      if (candidates == 0) {
        candidates = matches(Region.getLong(bucket + 8) & LAST_TAGS, pattern);
        base = 8;
      }
      if (candidates != 0) {
        long block = reference(bucket + REFERENCES_AT, base + place(candidates));
        bucketOf[i] = block;
        sum += Region.getByte(block) + Region.getByte(block + LINE_BYTES);
      }
    }
    seen(sum);
  }

  /** Reads the start of each block, so that the waiting times overlap. */
  private void readAhead(int[] blocks, int count) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Region.getByte(Region.address(blocks[i]));
    }
    seen(sum);
  }

  /** Keeps the compiler from leaving out the reading: the sum goes somewhere. */
  private void seen(long sum) {
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
    put(buckets.addressOf(hash), tag(hash), Region.reference(block));
    long size = size() + 1;
    Region.putLong(header + COUNT_AT, size);
    if (size > (long) buckets.count() * SPLIT_ABOVE) {
      split();
    }
  }

  private void put(long bucket, int tag, int reference) {
    long free = matches(Region.getLong(bucket), 0);
    if (free != 0) {
      set(bucket, REFERENCES_AT, place(free), tag, reference);
      return;
    }
    free = matches(Region.getLong(bucket + 8) | ~LAST_TAGS, 0);
    if (free != 0) {
      set(bucket, REFERENCES_AT, 8 + place(free), tag, reference);
      return;
    }
    int overflow = Region.getInt(bucket + OVERFLOW_AT);
    if (overflow != 0) {
      long extra = Region.address(overflow);
      free = matches(Region.getLong(extra) | ~EXTRA_TAGS, 0);
      if (free != 0) {
        set(extra, EXTRA_REFERENCES_AT, place(free), tag, reference);
        return;
      }
    }
    long extra = slabs.allocate(EXTRA_BYTES);
    Region.putLong(extra, 0);
    Region.putInt(extra + EXTRA_NEXT_AT, overflow);
    set(extra, EXTRA_REFERENCES_AT, 0, tag, reference);
    Region.putInt(bucket + OVERFLOW_AT, Region.reference(extra));
  }

  private static void set(long node, int referencesAt, int place, int tag, int reference) {
    Region.putByte(node + place, tag);
    Region.putInt(node + referencesAt + (long) place * Integer.BYTES, reference);
  }

  /** Puts a block in the place of another one with the same key. */
  public void replace(long hash, long block, long replacement) {
    beforeChange(hash);
    long node = nodeOf(hash, block);
    int referencesAt = isBucket(hash, node) ? REFERENCES_AT : EXTRA_REFERENCES_AT;
    int place = placeIn(node, referencesAt, hash, block);
    Region.putInt(
        node + referencesAt + (long) place * Integer.BYTES, Region.reference(replacement));
  }

  /** Takes a block out; it is not freed. */
  public void remove(long hash, long block) {
    beforeChange(hash);
    long bucket = buckets.addressOf(hash);
    long node = nodeOf(hash, block);
    int referencesAt = node == bucket ? REFERENCES_AT : EXTRA_REFERENCES_AT;
    int place = placeIn(node, referencesAt, hash, block);
    int overflow = Region.getInt(bucket + OVERFLOW_AT);
    if (overflow == 0) {
      Region.putByte(node + place, 0);
    } else {
      fillFromChain(bucket, Region.address(overflow), node, referencesAt, place);
    }
    long size = size() - 1;
    Region.putLong(header + COUNT_AT, size);
    if (size < (long) buckets.count() * MERGE_BELOW && buckets.count() > 1) {
      merge();
    }
  }

  /** Closes a gap with something of the chain's first block, which goes when it is empty. */
  private void fillFromChain(long bucket, long extra, long node, int referencesAt, int place) {
    int last = EXTRA_SLOTS - 1;
    while (Region.getByte(extra + last) == 0) {
      last--;
    }
    set(
        node,
        referencesAt,
        place,
        Region.getByte(extra + last),
        Region.getInt(extra + EXTRA_REFERENCES_AT + (long) last * Integer.BYTES));
    Region.putByte(extra + last, 0);
    if ((Region.getLong(extra) & EXTRA_TAGS) == 0) {
      Region.putInt(bucket + OVERFLOW_AT, Region.getInt(extra + EXTRA_NEXT_AT));
      slabs.free(extra, EXTRA_BYTES);
    }
  }

  private boolean isBucket(long hash, long node) {
    return node == buckets.addressOf(hash);
  }

  /** The bucket or overflow block that refers to a block. */
  private long nodeOf(long hash, long block) {
    long bucket = buckets.addressOf(hash);
    if (placeIn(bucket, REFERENCES_AT, hash, block) >= 0) {
      return bucket;
    }
    for (int next = Region.getInt(bucket + OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      if (placeIn(extra, EXTRA_REFERENCES_AT, hash, block) >= 0) {
        return extra;
      }
      next = Region.getInt(extra + EXTRA_NEXT_AT);
    }
    throw new IllegalStateException("not in the table: block " + block);
  }

  private static int placeIn(long node, int referencesAt, long hash, long block) {
    int slots = referencesAt == REFERENCES_AT ? SLOTS : EXTRA_SLOTS;
    int reference = Region.reference(block);
    byte tag = (byte) tag(hash);
    for (int place = 0; place < slots; place++) {
      if (Region.getInt(node + referencesAt + (long) place * Integer.BYTES) == reference
          && Region.getByte(node + place) == tag) {
        return place;
      }
    }
    return -1;
  }

  private void split() {
    int added = buckets.count();
    long target = buckets.add();
    clear(target);
    int power = Integer.highestOneBit(added);
    long source = buckets.address(Buckets.origin(added));
    int count = takeApart(source);
    readAhead(references, count);
    for (int i = 0; i < count; i++) {
      boolean moves = ((int) hashOf(Region.address(references[i])) & power) != 0;
      put(moves ? target : source, tags[i], references[i]);
    }
  }

  private void merge() {
    int last = buckets.count() - 1;
    long target = buckets.address(Buckets.origin(last));
    int count = takeApart(buckets.address(last));
    for (int i = 0; i < count; i++) {
      put(target, tags[i], references[i]);
    }
    buckets.removeLast();
  }

  /** Empties a bucket into {@link #references} and {@link #tags}. */
  private int takeApart(long bucket) {
    int count = gather(bucket);
    for (int next = Region.getInt(bucket + OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      next = Region.getInt(extra + EXTRA_NEXT_AT);
      slabs.free(extra, EXTRA_BYTES);
    }
    clear(bucket);
    return count;
  }

  private static void clear(long bucket) {
    Region.putLong(bucket, 0);
    Region.putLong(bucket + 8, 0);
  }

  private int gather(long bucket) {
    int count = gatherNode(bucket, REFERENCES_AT, SLOTS, 0);
    for (int next = Region.getInt(bucket + OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      count = gatherNode(extra, EXTRA_REFERENCES_AT, EXTRA_SLOTS, count);
      next = Region.getInt(extra + EXTRA_NEXT_AT);
    }
    return count;
  }

  private int gatherNode(long node, int referencesAt, int slots, int before) {
    int count = before;
    if (count + SLOTS > references.length) {
      references = Arrays.copyOf(references, 2 * references.length);
      tags = Arrays.copyOf(tags, 2 * tags.length);
    }
    for (int place = 0; place < slots; place++) {
      byte tag = Region.getByte(node + place);
      if (tag != 0) {
        tags[count] = tag;
        references[count++] = Region.getInt(node + referencesAt + (long) place * Integer.BYTES);
      }
    }
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
        clear(buckets.add());
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
    int count = takeOut(bucket);
    int[] blocks = handedOut;
    for (int i = 0; i < count; i++) {
      consumer.accept(Region.address(blocks[i]));
    }
  }

  /** Copies what a bucket holds to {@link #handedOut}. */
  private int takeOut(long bucket) {
    int count = gather(bucket);
    if (count > handedOut.length) {
      handedOut = new int[references.length];
    }
    System.arraycopy(references, 0, handedOut, 0, count);
    readAhead(handedOut, count);
    return count;
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
      int count = takeOut(buckets.address(number));
      for (int i = 0; i < count; i++) {
        long block = Region.address(handedOut[i]);
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
      count = gather(buckets.address(number));
    } while (count <= chance.nextInt(2 * SLOTS) && ++tries < 64);
    while (count == 0) {
      number = number + 1 == buckets.count() ? 0 : number + 1;
      count = gather(buckets.address(number));
    }
    return Region.address(references[chance.nextInt(count)]);
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
    readAhead(references, count);
    for (int i = 0; i < count; i++) {
      consumer.accept(Region.address(references[i]));
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
