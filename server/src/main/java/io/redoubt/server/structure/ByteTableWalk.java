package io.redoubt.server.structure;

import io.redoubt.server.memory.Slabs;

/**
 * An iterator over all blocks of a {@link ByteTable}, without a callback. The table must not change
 * meanwhile; its views may be pointed at other tables. Reusable.
 */
public final class ByteTableWalk {

  private final Buckets buckets;

  /** The contents of the current bucket. */
  private final BucketContents contents = new BucketContents();

  private long header;
  private int nextBucket;
  private int bucketCount;

  private int count;
  private int at;

  /** Creates a walk that has not started. */
  public ByteTableWalk(Slabs slabs) {
    buckets = new Buckets(slabs);
  }

  /** Starts at the first block of the table whose state is at an address. */
  public void start(long tableHeader) {
    header = tableHeader;
    buckets.pointTo(ByteTable.bucketsState(tableHeader));
    nextBucket = 0;
    bucketCount = buckets.count();
    count = 0;
    at = 0;
  }

  /** Returns the next block, or 0 at the end. */
  public long next() {
    while (at == count) {
      if (nextBucket == bucketCount) {
        return 0;
      }
      count = contents.gather(buckets.address(nextBucket++));
      contents.readAhead(header);
      at = 0;
    }
    return contents.block(at++);
  }
}
