package io.redoubt.server.command.common;

import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.structure.BlockConsumer;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * The blocks found by one call of SCAN, HSCAN, SSCAN or ZSCAN. The cursor comes first in the reply
 * and is known last, so blocks are collected before they are written.
 */
public final class ScanPage implements BlockConsumer {
  private static final int USUAL_SIZE = 32;

  /** Passes the blocks of one bucket to a consumer, as ByteTable.scan does. */
  @FunctionalInterface
  public interface Buckets {
    long scan(long cursor, BlockConsumer consumer);
  }

  private long[] blocks = new long[USUAL_SIZE];
  private int size;

  @Override
  public void accept(long block) {
    if (size == blocks.length) {
      blocks = Arrays.copyOf(blocks, size * 2);
    }
    blocks[size++] = block;
  }

  /** Collects blocks from the cursor on until there are enough, and returns the next cursor. */
  public long collect(Buckets buckets, long cursor, ScanOptions options) {
    long maxBuckets = options.maxBuckets();
    long next = cursor;
    do {
      next = buckets.scan(next, this);
    } while (next != 0 && size < options.count() && --maxBuckets > 0);
    return next;
  }

  /** Drops the blocks that the predicate does not accept. */
  public void retain(LongPredicate accepted) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (accepted.test(blocks[i])) {
        blocks[kept++] = blocks[i];
      }
    }
    size = kept;
  }

  /** Returns true if more blocks are wanted. */
  public boolean wantsMore(ScanOptions options) {
    return size < options.count();
  }

  public int size() {
    return size;
  }

  public long block(int i) {
    return blocks[i];
  }

  /** Writes the cursor, which the caller must follow by an array. */
  public static void replyCursor(ReplyWriter reply, long cursor) {
    reply.array(2);
    if (cursor == 0) {
      reply.bulkLong(0);
    } else {
      reply.bulk(Long.toUnsignedString(cursor));
    }
  }
}
