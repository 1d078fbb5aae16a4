package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.util.Arrays;

/**
 * Goes over all blocks of a {@link ByteTable}, one by one and without a callback. The table must
 * not change meanwhile; views of it may be given other tables. To be used again and again.
 */
public final class ByteTableWalk {

  private static final int FIRST_ROOM = 64;

  private final Buckets buckets;
  private long header;
  private int nextBucket;
  private int bucketCount;

  // The blocks of the bucket that the walk is in.
  private int[] references = new int[FIRST_ROOM];
  private int count;
  private int at;

  /** A walk that has not started. */
  public ByteTableWalk(Slabs slabs) {
    buckets = new Buckets(slabs);
  }

  /** Starts at the first block of the table whose state is at an address. */
  public void start(long tableHeader) {
    header = tableHeader;
    buckets.state(ByteTable.bucketsState(tableHeader));
    nextBucket = 0;
    bucketCount = buckets.count();
    count = 0;
    at = 0;
  }

  /** The next block, or 0 when that was all. */
  public long next() {
    while (at == count) {
      if (nextBucket == bucketCount) {
        return 0;
      }
      gather(buckets.address(nextBucket++));
    }
    return Region.address(references[at++]);
  }

  private void gather(long bucket) {
    count = gatherNode(bucket, ByteTable.REFERENCES_AT, ByteTable.SLOTS, 0);
    for (int next = Region.getInt(bucket + ByteTable.OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      count = gatherNode(extra, ByteTable.EXTRA_REFERENCES_AT, ByteTable.EXTRA_SLOTS, count);
      next = Region.getInt(extra + ByteTable.EXTRA_NEXT_AT);
    }
    at = 0;
    long sum = 0; // reading all first lets the waiting times for memory overlap
    for (int i = 0; i < count; i++) {
      sum += Region.getByte(Region.address(references[i]));
    }
    ByteTable.seen(header, sum);
  }

  private int gatherNode(long node, int referencesAt, int slots, int before) {
    int found = before;
    if (found + slots > references.length) {
      references = Arrays.copyOf(references, 2 * references.length);
    }
    for (int place = 0; place < slots; place++) {
      references[found] = Region.getInt(node + referencesAt + (long) place * Integer.BYTES);
      found += Region.getByte(node + place) != 0 ? 1 : 0;
    }
    return found;
  }
}
