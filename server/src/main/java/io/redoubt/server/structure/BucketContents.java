package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import java.util.Arrays;

/** What a bucket of a {@link ByteTable} held when it was looked at. To be used again and again. */
final class BucketContents {
  private static final int FIRST_ROOM = 64;

  private int[] references = new int[FIRST_ROOM];
  private byte[] tags = new byte[FIRST_ROOM];
  private int count;

  /** Notes all that a bucket has; returns how many blocks that are. */
  int gather(long bucket) {
    gatherNode(bucket, Bucket.REFERENCES_AT, Bucket.SLOTS, 0);
    for (int next = Region.getInt(bucket + Bucket.OVERFLOW_AT); next != 0; ) {
      long extra = Region.address(next);
      gatherNode(extra, Bucket.EXTRA_REFERENCES_AT, Bucket.EXTRA_SLOTS, count);
      next = Region.getInt(extra + Bucket.EXTRA_NEXT_AT);
    }
    return count;
  }

  private void gatherNode(long node, int referencesAt, int slots, int before) {
    if (before + slots > references.length) {
      references = Arrays.copyOf(references, 2 * references.length);
      tags = Arrays.copyOf(tags, 2 * tags.length);
    }
    int found = before;
    for (int place = 0; place < slots; place++) {
      byte tag = Region.getByte(node + place);
      tags[found] = tag;
      references[found] = Region.getInt(node + referencesAt + (long) place * Integer.BYTES);
      found += tag != 0 ? 1 : 0;
    }
    count = found;
  }

  /** How many blocks there were. */
  int count() {
    return count;
  }

  /** One of the blocks. */
  long block(int i) {
    return Region.address(references[i]);
  }

  /** The reference to one of the blocks. */
  int reference(int i) {
    return references[i];
  }

  /** The tag of one of the blocks. */
  int tag(int i) {
    return tags[i];
  }

  /**
   * Reads the start of each block, so that the waiting times for memory overlap, and leaves the sum
   * of it in a table's header.
   */
  void readAhead(long header) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Region.getByte(Region.address(references[i]));
    }
    ByteTable.seen(header, sum);
  }
}
