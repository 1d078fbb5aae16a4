package io.redoubt.server.structure;

import io.redoubt.server.memory.Slabs;

/**
 * Goes over all blocks of a {@link ByteTable}, one by one and without a callback. The table must
 * not change meanwhile; views of it may be given other tables. To be used again and again.
 */
public final class ByteTableWalk {

  private final Buckets buckets;

  /** The bucket that the walk is in. */
  private final BucketContents contents = new BucketContents();

  private long header;
  private int nextBucket;
  private int bucketCount;

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
      count = contents.gather(buckets.address(nextBucket++));
      contents.readAhead(header);
      at = 0;
    }
    return contents.block(at++);
  }
}
