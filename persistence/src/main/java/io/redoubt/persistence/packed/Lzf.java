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

  private static final VarHandle LITTLE_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The bytes of a word that a copy must have at least, which are three. */
  private static final int SHORTEST_COPY = 0xffffff;

  private static final int LONGEST_LITERAL_BYTES = 32;

  private Lzf() {}

  // Methods of their own, because a compiler inlines all of a copy wherever it stands.

  private static void fetch(MemorySegment source, long from, byte[] target, int count) {
    MemorySegment.copy(source, JAVA_BYTE, from, target, 0, count);
  }

  private static void store(byte[] source, int from, int count, MemorySegment target, long to) {
    MemorySegment.copy(source, from, target, JAVA_BYTE, to, count);
  }

  /**
   * A compressor that works block by block. Its table of recent positions is kept between calls, so
   * that short values need no clearing. Not thread-safe.
   *
   * <p>It works on Java arrays, with copies of the data. Array accesses compile to less code, which
   * the JIT optimizes several times sooner, and the copies cost far less than the compression.
   */
  public static final class Compressor {
    private static final int TABLE_BITS = 14;

    /** The table size for short values, which stays in the L1 cache. */
    private static final int SHORT_TABLE_BITS = 10;

    private static final int SHORT_BYTES = 1 << 10;

    /** The table size for the shortest values, which takes no longer to clear than they to read. */
    private static final int SHORTEST_TABLE_BITS = 7;

    private static final int SHORTEST_BYTES = 1 << 7;

    /** No copy crosses the end of a block, though it may start in the previous one. */
    private static final int BLOCK_BYTES = 1 << 15;

    /**
     * The last position of each hash of three bytes, plus {@code base}; smaller values stem from
     * earlier calls. Allocated for the longest value so far: a DUMP has a compressor of its own.
     */
    private int[] places = {};

    private int base = 1;
    private byte[] plain = {}; // the history and a block
    private byte[] packed = {}; // the block's compressed form

    /** Creates a compressor with an empty table. */
    public Compressor() {}

    /**
     * Compresses [from, from + length) of source.
     *
     * @param room the maximum size of the result in bytes
     * @return the size of the result in bytes, or 0 if it exceeds room
     */
    public int compress(
        MemorySegment source, long from, int length, MemorySegment target, long to, int room) {
      if (base > Integer.MAX_VALUE - length - 1) {
        Arrays.fill(places, 0);
        base = 1;
      }
      int size = blocks(source, from, length, target, to, room);
      base += length + 1;
      return size;
    }

    private int blocks(
        MemorySegment source, long from, int length, MemorySegment target, long to, int room) {
      int bits =
          length <= SHORTEST_BYTES
              ? SHORTEST_TABLE_BITS
              : length <= SHORT_BYTES ? SHORT_TABLE_BITS : TABLE_BITS;
      int shift = Integer.SIZE - bits;
      if (places.length < 1 << bits) {
        places = new int[1 << bits];
      }
      int size = 0;
      for (int done = 0; done < length; ) {
        int history = Math.min(done, HISTORY_BYTES);
        int block = Math.min(length - done, BLOCK_BYTES);
        int end = history + block;
        makeRoom(end);
        fetch(source, from + done - history, plain, end);
        int blockBytes = run(history, end, base + done - history, shift);
        if (blockBytes > room - size) {
          return 0;
        }
        store(packed, 0, blockBytes, target, to + size);
        size += blockBytes;
        done += block;
      }
      return size;
    }

    private void makeRoom(int bytes) {
      int withWord = bytes + Long.BYTES; // literals are copied as words
      if (plain.length < withWord) {
        plain = new byte[Integer.highestOneBit(withWord) << 1];
        packed = new byte[plain.length + plain.length / LONGEST_LITERAL_BYTES + 1 + Long.BYTES];
      }
    }

    /**
     * Compresses [from, end) of the plain bytes and returns the size of the result.
     *
     * @param origin the table's value for the first plain byte
     */
    private int run(int from, int end, int origin, int shift) {
      byte[] source = plain;
      byte[] target = packed;
      int[] table = places;
      int out = 0;
      int literals = from; // the start of the pending literal bytes
      int at = from;
      while (at <= end - Integer.BYTES) {
        long word = (long) LITTLE_LONG.get(source, at); // up to four bytes beyond the end
        int slot = (((int) word & SHORTEST_COPY) * 0x9e3779b1) >>> shift;
        int earlier = table[slot] - origin;
        table[slot] = origin + at;
        int back = at - earlier - 1;
        if (earlier < 0 || back >= HISTORY_BYTES) {
          at += 1 + ((at - literals) >> 5); // skip faster over incompressible data
          continue;
        }
        long difference = word ^ (long) LITTLE_LONG.get(source, earlier);
        if ((difference & SHORTEST_COPY) != 0) {
          at += 1 + ((at - literals) >> 5);
          continue;
        }
        int most = Math.min(LONGEST_COPY_BYTES, end - at);
        int same =
            difference == 0
                ? same(source, earlier, at, most)
                : Math.min(Long.numberOfTrailingZeros(difference) >>> 3, most);
        int run = at - literals;
        if (run > 0 && run <= Long.BYTES) {
          target[out] = (byte) (run - 1);
          LITTLE_LONG.set(target, out + 1, (long) LITTLE_LONG.get(source, literals));
          out += 1 + run;
        } else if (run > 0) {
          out = writeLiterals(source, literals, run, target, out);
        }
        int extra = same - 2;
        if (extra < 7) {
          target[out++] = (byte) (extra << 5 | back >> 8);
        } else {
          target[out++] = (byte) (7 << 5 | back >> 8);
          target[out++] = (byte) (extra - 7);
        }
        target[out++] = (byte) back;
        at += same;
        literals = at;
      }
      return writeLiterals(source, literals, end - literals, target, out);
    }

    /**
     * Returns the length of the common prefix at two positions that are known to match in the first
     * bytes.
     */
    private static int same(byte[] source, int earlier, int later, int most) {
      int same = Math.min(Long.BYTES, most);
      for (; same <= most - Long.BYTES; same += Long.BYTES) {
        long difference =
            (long) LITTLE_LONG.get(source, earlier + same)
                ^ (long) LITTLE_LONG.get(source, later + same);
        if (difference != 0) {
          return same + (Long.numberOfTrailingZeros(difference) >>> 3);
        }
      }
      while (same < most && source[earlier + same] == source[later + same]) {
        same++;
      }
      return same;
    }

    /** Writes literal bytes and returns the position behind them. */
    private static int writeLiterals(byte[] source, int from, int count, byte[] target, int to) {
      int out = to;
      for (int done = 0; done < count; ) {
        int run = Math.min(LONGEST_LITERAL_BYTES, count - done);
        target[out++] = (byte) (run - 1);
        for (int i = 0; i < run; i += Long.BYTES) {
          LITTLE_LONG.set(target, out + i, (long) LITTLE_LONG.get(source, from + done + i));
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

    /** The least first byte of a copy of nine bytes or more, with a byte for their number. */
    private static final int LONG_COPY = 7 << 5;

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
