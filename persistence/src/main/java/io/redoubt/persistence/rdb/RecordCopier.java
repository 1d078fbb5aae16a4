package io.redoubt.persistence.rdb;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * A fast path from a reader to a writer for records that are written unchanged or nearly so: keys
 * with strings, the elements of sets, sorted sets and hashes, and the nodes of lists. Records that
 * have arrived in full are copied in long runs, interrupted only by nodes and by strings that have
 * a shorter encoding. The output is byte for byte that of the visitor's calls.
 */
final class RecordCopier {

  /** The end of an item that is incomplete or not copied. */
  private static final long NONE = -1;

  private static final int SCORE_BYTES = 8;
  private static final int EXPIRY_BYTES = 8;

  private final RdbWriter writer;
  private final RdbOutput out;
  private final StringEncoder strings;

  private MemorySegment memory = MemorySegment.NULL;
  private long limit;
  private long copied; // bytes before it have been written

  // The last string found by string(); a string encoded as an integer has no bytes.
  private long text;
  private int textBytes;

  /**
   * Creates a copier to a writer. The input must be the output of another writer of this process.
   */
  RecordCopier(RdbWriter writer) {
    this.writer = writer;
    out = writer.output();
    strings = writer.strings();
  }

  /** Copies the complete string records at the cursor; returns true if there was one. */
  boolean records(RdbInput in) {
    begin(in);
    long at = copied;
    for (long end = record(at); end != NONE; end = record(at)) {
      at = end;
    }
    return end(in, at);
  }

  /** Copies at most as many elements or nodes of a value; returns the number copied. */
  long elements(RdbInput in, RdbType type, long most) {
    begin(in);
    long at = copied;
    long count = 0;
    while (count < most) {
      long end = element(at, type);
      if (end == NONE) {
        break;
      }
      at = end;
      count++;
    }
    end(in, at);
    return count;
  }

  private void begin(RdbInput in) {
    memory = in.memory();
    limit = in.limit();
    copied = in.cursor();
  }

  private boolean end(RdbInput in, long at) {
    out.putBytes(memory, copied, at - copied);
    boolean any = at > in.cursor();
    in.skip(at - in.cursor());
    in.commit();
    return any;
  }

  private int byteAt(long at) {
    return memory.get(JAVA_BYTE, at) & 0xff;
  }

  /** Copies a key with a string; returns the offset behind it. */
  private long record(long start) {
    long at = start;
    while (at < limit && at != NONE) {
      switch (byteAt(at)) {
        case RdbFormat.EXPIRE_MILLIS -> at += 1 + EXPIRY_BYTES;
        case RdbFormat.IDLE -> at = length(at + 1);
        case RdbFormat.FREQUENCY -> at += 2;
        default -> {
          return byteAt(at) == RdbType.STRING.id() ? pair(at + 1) : NONE;
        }
      }
    }
    return NONE;
  }

  private long element(long at, RdbType type) {
    return switch (type) {
      case SET -> single(at, 0);
      case ZSET_2 -> single(at, SCORE_BYTES);
      case HASH -> pair(at);
      case HASH_METADATA -> {
        if (!writer.keepsFieldExpiry()) {
          yield NONE;
        }
        long field = length(at);
        yield field == NONE ? NONE : pair(field);
      }
      case LIST_QUICKLIST_2 -> node(at);
      default -> NONE;
    };
  }

  /** Copies a node of packed elements. */
  private long node(long at) {
    if (at >= limit || byteAt(at) != RdbFormat.CONTAINER_PACKED) {
      return NONE;
    }
    long end = string(at + 1);
    if (end == NONE || textBytes == 0) {
      return NONE;
    }
    writer.listNode(memory, text, textBytes);
    copied = end;
    return end;
  }

  private long single(long at, int moreBytes) {
    long end = string(at);
    if (end == NONE || limit - end < moreBytes) {
      return NONE;
    }
    pass(at, text, textBytes, end);
    return end + moreBytes;
  }

  private long pair(long at) {
    long second = string(at);
    long first = text;
    int firstBytes = textBytes;
    long end = second == NONE ? NONE : string(second);
    if (end != NONE) {
      pass(at, first, firstBytes, second);
      pass(second, text, textBytes, end);
    }
    return end;
  }

  /** Re-encodes a string if that makes it shorter; otherwise it stays in the run. */
  private void pass(long at, long bytesAt, int bytes, long end) {
    if (bytes > 0 && strings.findShorter(memory, bytesAt, bytes)) {
      out.putBytes(memory, copied, at - copied);
      strings.putShorter();
      copied = end;
    }
  }

  /** Returns the offset behind a length. */
  private long length(long at) {
    if (at >= limit) {
      return NONE;
    }
    int first = byteAt(at);
    long end =
        switch (first) {
          case RdbFormat.LENGTH_32 -> at + 5;
          case RdbFormat.LENGTH_64 -> at + 9;
          default -> at + 1 + (first >> 6);
        };
    return end <= limit ? end : NONE;
  }

  /** Returns the offset behind a string of fewer than 16384 bytes. */
  private long string(long at) {
    if (at >= limit) {
      return NONE;
    }
    int first = byteAt(at);
    long end;
    if (first < 1 << 6) {
      text = at + 1;
      textBytes = first;
      end = text + first;
    } else if (first < 1 << 7) {
      if (limit - at < 2) {
        return NONE;
      }
      text = at + 2;
      textBytes = (first & 0x3f) << 8 | byteAt(at + 1);
      end = text + textBytes;
    } else if (first >= RdbFormat.STRING_INT8 && first <= RdbFormat.STRING_INT32) {
      textBytes = 0;
      end = at + 1 + (1L << (first - RdbFormat.STRING_INT8));
    } else {
      return NONE;
    }
    return end <= limit ? end : NONE;
  }
}
