package io.redoubt.persistence.packed;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * LZF compression of strings in RDB files and of list nodes: a bare stream of operations, without
 * any header or block structure.
 *
 * <pre>
 * 000nnnnn                     n + 1 literal bytes follow
 * LLLddddd dddddddd            LLL in 1..6: copy LLL + 2 bytes from d + 1 bytes back
 * 111ddddd LLLLLLLL dddddddd   copy L + 9 bytes from d + 1 bytes back
 * </pre>
 *
 * <p>Own code, because the LZF library at hand works on framed blocks of 64 KiB, while values here
 * may be larger, are compressed without frames and are decompressed piece by piece.
 */
public final class Lzf {

  /** The maximum distance of a back-reference in bytes. */
  public static final int HISTORY_BYTES = 1 << 13;

  /** The longest output of one operation in bytes. */
  public static final int LONGEST_COPY_BYTES = 264;

  /** The maximum expansion of a stream: three bytes yield at most {@link #LONGEST_COPY_BYTES}. */
  public static final int LARGEST_RATIO = 88;

  /** The maximum growth: one literal byte takes two. Redis never stores such, other writers do. */
  public static final int LARGEST_GROWTH = 2;

  private static final VarHandle LITTLE_INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LITTLE_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int LONGEST_LITERAL_BYTES = 32;

  /** The least first byte of a copy of nine bytes or more, with a byte for their number. */
  private static final int LONG_COPY = 7 << 5;

  private static final int SHORTEST_LONG_COPY_BYTES = 9;

  private Lzf() {}

  // Methods of their own, because a compiler inlines all of a copy wherever it stands.

  private static void fetch(MemorySegment source, long from, byte[] target, int count) {
    MemorySegment.copy(source, JAVA_BYTE, from, target, 0, count);
  }

  private static void store(byte[] source, int from, int count, MemorySegment target, long to) {
    MemorySegment.copy(source, from, target, JAVA_BYTE, to, count);
  }

  /**
   * A compressor that works block by block. Its tables of recent positions are kept between calls,
   * so that short values need no clearing. Not thread-safe.
   *
   * <p>It works on a Java array, with copies of the data. Array accesses compile to less code,
   * which the JIT optimizes several times sooner, and the copies cost far less than the
   * compression.
   */
  public static final class Compressor {
    private static final int TABLE_BITS = 14;

    /** The table size for short values, which stays in the L1 cache. */
    private static final int SHORT_TABLE_BITS = 10;

    private static final int SHORT_BYTES = 1 << 10;

    /** No copy crosses the end of a block, though it may start in the previous one. */
    private static final int BLOCK_BYTES = 1 << 15;

    /** Bytes behind the plain ones that are read, and compared to no effect. */
    private static final int AHEAD_BYTES = 2 * Long.BYTES;

    /** Bytes behind the packed ones that are written and not used. */
    private static final int SPARE_BYTES = 2 * Long.BYTES;

    /**
     * The last position of each hash of three bytes, plus {@code base}; values smaller by more than
     * the history stem from earlier calls. Their lengths are powers of two.
     */
    private int[] shortPlaces = {};

    private int[] places = {};

    private int base = 1 + HISTORY_BYTES;

    /** The history and a block, {@link #AHEAD_BYTES}, and the block's compressed form. */
    private byte[] bytes = {};

    /** Creates a compressor with empty tables. */
    public Compressor() {}

    /**
     * Compresses [from, from + length) of source.
     *
     * @param room the maximum size of the result in bytes
     * @return the size of the result in bytes, or 0 if it exceeds room
     */
    public int compress(
        MemorySegment source, long from, int length, MemorySegment target, long to, int room) {
      if (base > Integer.MAX_VALUE - HISTORY_BYTES - length - 1) {
        Arrays.fill(shortPlaces, 0);
        Arrays.fill(places, 0);
        base = 1 + HISTORY_BYTES;
      }
      int size = blocks(source, from, length, target, to, room);
      base += length + 1 + HISTORY_BYTES;
      return size;
    }

    private int blocks(
        MemorySegment source, long from, int length, MemorySegment target, long to, int room) {
      int[] table = table(length);
      int size = 0;
      for (int done = 0; done < length; ) {
        int history = Math.min(done, HISTORY_BYTES);
        int block = Math.min(length - done, BLOCK_BYTES);
        int end = history + block;
        int start = end + AHEAD_BYTES;
        makeRoom(start + block + block / LONGEST_LITERAL_BYTES + 1 + SPARE_BYTES);
        fetch(source, from + done - history, bytes, end);
        int blockBytes = run(history, end, base + done - history, table) - start;
        if (blockBytes > room - size) {
          return 0;
        }
        store(bytes, start, blockBytes, target, to + size);
        size += blockBytes;
        done += block;
      }
      return size;
    }

    private int[] table(int length) {
      if (length <= SHORT_BYTES) {
        if (shortPlaces.length == 0) {
          shortPlaces = new int[1 << SHORT_TABLE_BITS];
        }
        return shortPlaces;
      }
      if (places.length == 0) {
        places = new int[1 << TABLE_BITS];
      }
      return places;
    }

    private void makeRoom(int atLeast) {
      if (bytes.length < atLeast) {
        bytes = new byte[Integer.highestOneBit(atLeast) << 1];
      }
    }

    /**
     * Compresses [from, end) of the bytes and returns the end of the result, which starts {@link
     * #AHEAD_BYTES} behind the end.
     *
     * @param origin the table's value for the first byte
     */
    private int run(int from, int end, int origin, int[] table) {
      byte[] both = bytes;
      int out = end + AHEAD_BYTES;
      int literals = from; // the start of the pending literal bytes
      int back = 0; // the distance of the last copy less one; 0 also if it was a longest one
      while (true) {
        long found = find(both, table, literals, end - Integer.BYTES, origin, back);
        if (found < 0) {
          return writeLiterals(both, literals, end - literals, out);
        }
        int at = (int) (found >>> Integer.SIZE);
        int earlier = (int) found;
        int run = at - literals;
        if (run < Long.BYTES) {
          long word = (long) LITTLE_LONG.get(both, literals);
          LITTLE_LONG.set(both, out, word << Byte.SIZE | ((run - 1) & 0xff));
          out += run + (-run >>> 31); // and a byte for the length if there are literals
        } else {
          out = writeLiterals(both, literals, run, out);
        }
        int same = Math.min(same(both, earlier, at), end - at);
        back = at - earlier - 1;
        int high = back >> Byte.SIZE;
        if (same < SHORTEST_LONG_COPY_BYTES) {
          LITTLE_INT.set(both, out, (same - 2) << 5 | high | (back & 0xff) << 8);
          out += 2;
        } else {
          int more = same - SHORTEST_LONG_COPY_BYTES;
          LITTLE_INT.set(both, out, LONG_COPY | high | more << 8 | back << 16);
          out += 3;
        }
        literals = at + same;
        if (same == LONGEST_COPY_BYTES) {
          back = 0;
        }
      }
    }

    /**
     * Searches the next three bytes that occurred before. If those at the start did not, the bytes
     * behind the first may continue the last copy: records of one length often differ in a byte.
     *
     * @param last the last position to look at
     * @return the position in the high half and the earlier one in the low one; negative if there
     *     is none
     */
    private static long find(
        byte[] bytes, int[] table, int from, int last, int origin, int lastBack) {
      int at = from;
      if (at <= last) {
        int earlier = lookUp(bytes, table, at, origin);
        if (earlier >= 0) {
          return (long) at << Integer.SIZE | earlier;
        }
        if (lastBack > 0
            && at < last - Integer.BYTES
            && (long) LITTLE_LONG.get(bytes, at + 1)
                == (long) LITTLE_LONG.get(bytes, at - lastBack)) {
          return (long) (at + 1) << Integer.SIZE | at - lastBack;
        }
        at++;
      }
      while (at <= last) {
        int earlier = lookUp(bytes, table, at, origin);
        if (earlier >= 0) {
          return (long) at << Integer.SIZE | earlier;
        }
        at += 1 + ((at - from) >> 5); // skip faster over incompressible data
      }
      return -1;
    }

    /** Returns an earlier position of the three bytes at a position, which replaces it; or -1. */
    private static int lookUp(byte[] bytes, int[] table, int at, int origin) {
      int word = (int) LITTLE_INT.get(bytes, at) << Byte.SIZE; // without the fourth byte
      int slot = (word * 0x9e3779b1) >>> (Integer.SIZE - TABLE_BITS) & (table.length - 1);
      int place = origin + at;
      int distance = place - table[slot];
      table[slot] = place;
      return distance <= HISTORY_BYTES
              && word == (int) LITTLE_INT.get(bytes, at - distance) << Byte.SIZE
          ? at - distance
          : -1;
    }

    /**
     * Returns the length of the common prefix at two positions, of three bytes to the longest copy;
     * it may extend up to 16 bytes beyond the end.
     */
    private static int same(byte[] bytes, int earlier, int later) {
      long difference =
          (long) LITTLE_LONG.get(bytes, earlier) ^ (long) LITTLE_LONG.get(bytes, later);
      if (difference != 0) {
        return sameOf(difference);
      }
      difference =
          (long) LITTLE_LONG.get(bytes, earlier + Long.BYTES)
              ^ (long) LITTLE_LONG.get(bytes, later + Long.BYTES);
      return difference != 0 ? Long.BYTES + sameOf(difference) : sameOfMany(bytes, earlier, later);
    }

    /**
     * Returns the number of low zero bytes of a word other than 0. The branches are predicted, so
     * that the search continues before the word is known; a count of zeros would be waited for.
     */
    private static int sameOf(long difference) {
      if ((int) difference != 0) {
        return (difference & 0xffffff) == 0
            ? 3
            : (difference & 0xffff) == 0 ? 2 : (difference & 0xff) == 0 ? 1 : 0;
      }
      if ((difference & 0xff_ffff_ffffL) != 0) {
        return 4;
      }
      if ((difference & 0xffff_ffff_ffffL) != 0) {
        return 5;
      }
      return (difference & 0xff_ffff_ffff_ffffL) != 0 ? 6 : 7;
    }

    private static int sameOfMany(byte[] bytes, int earlier, int later) {
      int most = Math.min(LONGEST_COPY_BYTES, bytes.length - later);
      int same = 2 * Long.BYTES;
      for (; same <= most - Long.BYTES; same += Long.BYTES) {
        long difference =
            (long) LITTLE_LONG.get(bytes, earlier + same)
                ^ (long) LITTLE_LONG.get(bytes, later + same);
        if (difference != 0) {
          return same + sameOf(difference);
        }
      }
      return same;
    }

    /** Writes literal bytes and returns the position behind them. */
    private static int writeLiterals(byte[] bytes, int from, int count, int to) {
      int out = to;
      for (int done = 0; done < count; ) {
        int run = Math.min(LONGEST_LITERAL_BYTES, count - done);
        bytes[out++] = (byte) (run - 1);
        for (int i = 0; i < run; i += Long.BYTES) {
          LITTLE_LONG.set(bytes, out + i, (long) LITTLE_LONG.get(bytes, from + done + i));
        }
        out += run;
        done += run;
      }
      return out;
    }
  }

  /**
   * A decompressor of chunks: it runs whole operations as far as input and room allow. The
   * positions reached are kept in fields, to avoid allocation.
   *
   * <p>Like the compressor it works block by block on Java arrays, for the same reason.
   */
  public static final class Decompressor {

    /** The most bytes of a block; more than the longest operation reads or writes. */
    private static final int BLOCK_BYTES = 1 << 15;

    private static final int LEAST_ARRAY_BYTES = 1 << 6;

    private byte[] packed = {};
    private byte[] plain = {}; // the history and a block

    // What the last block has used and made.
    private int packedUsed;
    private int plainEnd;

    private long input;
    private long output;

    public Decompressor() {}

    /** Returns the offset in the source of the first pending operation. */
    public long input() {
      return input;
    }

    /** Returns the offset in the target of the next byte. */
    public long output() {
      return output;
    }

    /**
     * Runs the operations in [from, to) of source until one is incomplete or its result does not
     * fit below limit.
     *
     * @param history the offset of the oldest byte before {@code at} that may be referenced
     * @return false if an operation refers to bytes before history: the stream is corrupt
     */
    public boolean run(
        MemorySegment source,
        long from,
        long to,
        MemorySegment target,
        long history,
        long at,
        long limit) {
      input = from;
      output = at;
      int back = (int) Math.min(at - history, HISTORY_BYTES);
      int room =
          makeRoom(back, Math.min(to - from, BLOCK_BYTES), Math.min(limit - at, BLOCK_BYTES));
      fetch(target, at - back, plain, back);
      while (true) {
        int bytes = (int) Math.min(to - input, packed.length);
        fetch(source, input, packed, bytes);
        boolean valid = block(bytes, back, back + (int) Math.min(limit - output, room));
        int made = plainEnd - back;
        store(plain, back, made, target, output);
        input += packedUsed;
        output += made;
        if (!valid || packedUsed == 0 || input == to) {
          return valid;
        }
        back = Math.min(plainEnd, HISTORY_BYTES);
        System.arraycopy(plain, plainEnd - back, plain, 0, back);
      }
    }

    /** Makes room for a block and its history; returns the bytes of plain data that fit. */
    private int makeRoom(int back, long packedBytes, long plainBytes) {
      if (packed.length < packedBytes) {
        packed = new byte[(int) roundUp(packedBytes)];
      }
      // If a second block follows, it has the longest history.
      long history = plainBytes == BLOCK_BYTES ? HISTORY_BYTES : back;
      if (plain.length < history + plainBytes) {
        plain = new byte[(int) roundUp(history + plainBytes)];
      }
      return (int) plainBytes;
    }

    private static long roundUp(long bytes) {
      return Long.highestOneBit(Math.max(bytes, LEAST_ARRAY_BYTES) - 1) << 1;
    }

    /** Runs operations of the packed bytes until one does not fit below limit. */
    private boolean block(int packedEnd, int start, int limit) {
      byte[] source = packed;
      byte[] target = plain;
      int in = 0;
      int out = start;
      boolean valid = true;
      // Up to these there is room for any literals or a copy of as many bytes: most operations need
      // no more checks.
      int safeIn = packedEnd - LONGEST_LITERAL_BYTES;
      int safeOut = limit - LONGEST_LITERAL_BYTES;
      while (in < packedEnd) {
        while (in < safeIn && out <= safeOut) {
          int control = source[in] & 0xff;
          if (control < LONGEST_LITERAL_BYTES) {
            copyFew(source, in + 1, target, out, control + 1);
            in += 2 + control;
            out += 1 + control;
            continue;
          }
          int next = in + 1;
          int length = (control >> 5) + 2;
          if (control >= LONG_COPY) {
            length += source[next++] & 0xff;
          }
          int from = out - ((control & 0x1f) << 8 | (source[next] & 0xff)) - 1;
          if (length > LONGEST_LITERAL_BYTES || from < 0 || out - from < Long.BYTES) {
            break;
          }
          copyFew(target, from, target, out, length);
          in = next + 1;
          out += length;
        }
        if (in == packedEnd) {
          break;
        }
        int control = source[in] & 0xff;
        if (control < LONGEST_LITERAL_BYTES) {
          int run = control + 1;
          if (packedEnd - in <= run || limit - out < run) {
            break;
          }
          copy(source, in + 1, target, out, run);
          in += 1 + run;
          out += run;
          continue;
        }
        int length = (control >> 5) + 2;
        int operationBytes = length == 9 ? 3 : 2;
        if (packedEnd - in < operationBytes) {
          break;
        }
        if (operationBytes == 3) {
          length += source[in + 1] & 0xff;
        }
        int distance = ((control & 0x1f) << 8 | (source[in + operationBytes - 1] & 0xff)) + 1;
        if (distance > out) {
          valid = false;
          break;
        }
        if (limit - out < length) {
          break;
        }
        copyWithin(target, out - distance, out, length);
        in += operationBytes;
        out += length;
      }
      packedUsed = in;
      plainEnd = out;
      return valid;
    }

    /**
     * Copies up to 32 bytes as words, forwards; there is room for 32. Source and target may be the
     * same array if they are at least a word apart.
     */
    private static void copyFew(byte[] source, int from, byte[] target, int to, int length) {
      LITTLE_LONG.set(target, to, (long) LITTLE_LONG.get(source, from));
      if (length <= Long.BYTES) {
        return;
      }
      LITTLE_LONG.set(target, to + 8, (long) LITTLE_LONG.get(source, from + 8));
      if (length > 2 * Long.BYTES) {
        LITTLE_LONG.set(target, to + 16, (long) LITTLE_LONG.get(source, from + 16));
        LITTLE_LONG.set(target, to + 24, (long) LITTLE_LONG.get(source, from + 24));
      }
    }

    /**
     * Copies words forwards, and up to seven bytes too many, which are not used: most copies are so
     * short that a call of the general one takes longer than the copying. Source and target may be
     * the same array if they are at least a word apart.
     */
    private static void copy(byte[] source, int from, byte[] target, int to, int length) {
      if (from + length + Long.BYTES > source.length || to + length + Long.BYTES > target.length) {
        for (int i = 0; i < length; i++) {
          target[to + i] = source[from + i];
        }
        return;
      }
      for (int i = 0; i < length; i += Long.BYTES) {
        LITTLE_LONG.set(target, to + i, (long) LITTLE_LONG.get(source, from + i));
      }
    }

    /** Copies forwards, so that an overlapping copy repeats the bytes it has just written. */
    private static void copyWithin(byte[] bytes, int from, int to, int length) {
      if (to - from >= Long.BYTES) {
        copy(bytes, from, bytes, to, length);
        return;
      }
      if (to - from == 1) {
        Arrays.fill(bytes, to, to + length, bytes[from]);
        return;
      }
      for (int i = 0; i < length; i++) {
        bytes[to + i] = bytes[from + i];
      }
    }
  }
}
