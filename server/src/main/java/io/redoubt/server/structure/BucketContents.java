package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;
import java.util.Arrays;

/** A copy of the references and tags of a bucket of a {@link ByteTable}. Reusable. */
final class BucketContents {
  private static final int FIRST_ROOM = 64;

  // Arrays of their own only once they are used: many views of tables never need them.
  private int[] references = {};
  private byte[] tags = {};
  private int count;

  /** Copies the contents of a bucket; returns the number of blocks. */
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
      int room = Math.max(FIRST_ROOM, 2 * references.length);
      references = Arrays.copyOf(references, room);
      tags = Arrays.copyOf(tags, room);
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

  int count() {
    return count;
  }

  long block(int i) {
    return Region.address(references[i]);
  }

  int reference(int i) {
    return references[i];
  }

  int tag(int i) {
    return tags[i];
  }

  /**
   * Reads the start of each block, so that the memory latencies overlap. The sum of the bytes goes
   * to a table's header to keep the compiler from dropping the reads.
   */
  void readAhead(long header) {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += Region.getByte(Region.address(references[i]));
    }
    ByteTable.keepSum(header, sum);
  }
}
