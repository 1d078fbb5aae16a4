package io.redoubt.persistence.packed;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The LZF compression of strings in RDB files and of lists' nodes: one bare stream of operations,
 * without any header or block structure.
 *
 * <pre>
 * 000nnnnn                     n + 1 literal bytes follow
 * LLLddddd dddddddd            LLL in 1..6: copy LLL + 2 bytes from d + 1 bytes back
 * 111ddddd LLLLLLLL dddddddd   copy L + 9 bytes from d + 1 bytes back
 * </pre>
 *
 * <p>Own code, because the LZF library at hand works on Java arrays and in framed blocks of 64 KiB,
 * while values here are off heap, may be larger and are decompressed piece by piece.
 */
public final class Lzf {

  /** The farthest that an operation can look back, in bytes. */
  public static final int HISTORY_BYTES = 1 << 13;

  /** The most that one operation yields, in bytes. */
  public static final int LONGEST_COPY_BYTES = 264;

  /**
   * No stream expands by more than this factor: three bytes make at most {@link
   * #LONGEST_COPY_BYTES}.
   */
  public static final int LARGEST_RATIO = 88;

  /** Its low 24 bits are the three bytes at a place. */
  private static final ValueLayout.OfInt LITTLE_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfLong LITTLE_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int SHORTEST_COPY_BYTES = 3;
  private static final int LONGEST_LITERAL_BYTES = 32;

  private Lzf() {}

  /**
   * Compresses; keeps its table of recent places from call to call so that short values cost no
   * clearing. One thread's.
   */
  public static final class Compressor {
    private static final int TABLE_BITS = 14;

    /** Short values use but the beginning of the table, which stays in the first cache. */
    private static final int SHORT_TABLE_BITS = 10;

    private static final int SHORT_BYTES = 1 << 10;

    /**
     * By hash of three bytes: {@code base} + the last position that had it; less than base is of an
     * earlier call.
     */
    private final int[] places = new int[1 << TABLE_BITS];

    private int base = 1;

    /** A compressor whose table is empty. */
    public Compressor() {}

    /**
     * Compresses [from, from + length) of source.
     *
     * @param room the most bytes that the result may have
     * @return the size of the result in bytes, or 0 when it would not fit into room
     */
    public int compress(
        MemorySegment source, long from, int length, MemorySegment target, long to, int room) {
      if (base > Integer.MAX_VALUE - length - 1) {
        Arrays.fill(places, 0);
        base = 1;
      }
      int size = run(source, from, length, target, to, room);
      base += length + 1;
      return size;
    }

    private int run(
        MemorySegment source, long from, int length, MemorySegment target, long to, int room) {
      long out = to;
      long outEnd = to + room;
      int shift = Integer.SIZE - (length <= SHORT_BYTES ? SHORT_TABLE_BITS : TABLE_BITS);
      int literals = 0; // where the literal bytes not written yet begin
      int at = 0;
      while (at <= length - 4) {
        int three = source.get(LITTLE_INT, from + at) & 0xffffff;
        int slot = (three * 0x9e3779b1) >>> shift;
        int earlier = places[slot] - base;
        places[slot] = base + at;
        int back = at - earlier - 1;
        if (earlier < 0
            || back >= HISTORY_BYTES
            || (source.get(LITTLE_INT, from + earlier) & 0xffffff) != three) {
          at += 1 + ((at - literals) >> 5); // hurry over what does not compress
          continue;
        }
        int most = Math.min(LONGEST_COPY_BYTES, length - at);
        int same = same(source, from + earlier, from + at, most);
        out = writeLiterals(source, from + literals, at - literals, target, out, outEnd - 3);
        if (out < 0) {
          return 0;
        }
        int extra = same - 2;
        if (extra < 7) {
          target.set(JAVA_BYTE, out++, (byte) (extra << 5 | back >> 8));
        } else {
          target.set(JAVA_BYTE, out++, (byte) (7 << 5 | back >> 8));
          target.set(JAVA_BYTE, out++, (byte) (extra - 7));
        }
        target.set(JAVA_BYTE, out++, (byte) back);
        at += same;
        literals = at;
      }
      out = writeLiterals(source, from + literals, length - literals, target, out, outEnd);
      return out < 0 ? 0 : (int) (out - to);
    }

    /** How many bytes at two places are the same, where the first few are known to be. */
    private static int same(MemorySegment source, long earlier, long later, int most) {
      int same = SHORTEST_COPY_BYTES;
      for (; same <= most - Long.BYTES; same += Long.BYTES) {
        long difference =
            source.get(LITTLE_LONG, earlier + same) ^ source.get(LITTLE_LONG, later + same);
        if (difference != 0) {
          return same + (Long.numberOfTrailingZeros(difference) >>> 3);
        }
      }
      while (same < most
          && source.get(JAVA_BYTE, earlier + same) == source.get(JAVA_BYTE, later + same)) {
        same++;
      }
      return same;
    }

    /** Writes literal bytes and returns the place behind them, or -1 when that is beyond outEnd. */
    private static long writeLiterals(
        MemorySegment source, long from, int count, MemorySegment target, long to, long outEnd) {
      long out = to;
      int runs = (count + LONGEST_LITERAL_BYTES - 1) / LONGEST_LITERAL_BYTES;
      if (outEnd - out < count + runs) {
        return -1;
      }
      for (int done = 0; done < count; ) {
        int run = Math.min(LONGEST_LITERAL_BYTES, count - done);
        target.set(JAVA_BYTE, out++, (byte) (run - 1));
        copy(source, from + done, target, out, run);
        out += run;
        done += run;
      }
      return out;
    }

    /** For a few bytes: a general copy is much more code, which takes long to compile. */
    private static void copy(
        MemorySegment source, long from, MemorySegment target, long to, int count) {
      int done = 0;
      for (; done <= count - Long.BYTES; done += Long.BYTES) {
        target.set(LITTLE_LONG, to + done, source.get(LITTLE_LONG, from + done));
      }
      for (; done < count; done++) {
        target.set(JAVA_BYTE, to + done, source.get(JAVA_BYTE, from + done));
      }
    }
  }

  /**
   * Decompresses as much as has arrived and as there is room for, in whole operations. The
   * positions reached are in fields, so that nothing is allocated.
   */
  public static final class Decompressor {
    private long input;
    private long output;

    /** A decompressor at the beginning. */
    public Decompressor() {}

    /** Where in the source the first operation not done begins. */
    public long input() {
      return input;
    }

    /** Where in the target the next byte goes. */
    public long output() {
      return output;
    }

    /**
     * Runs the operations in [from, to) of source until one is incomplete or its result does not
     * fit below limit.
     *
     * @param history where the bytes begin that came before {@code at} and may be referred to
     * @return false when an operation refers to bytes before history: the stream is corrupt
     */
    public boolean run(
        MemorySegment source,
        long from,
        long to,
        MemorySegment target,
        long history,
        long at,
        long limit) {
      long in = from;
      long out = at;
      boolean valid = true;
      while (in < to) {
        int control = source.get(JAVA_BYTE, in) & 0xff;
        if (control < LONGEST_LITERAL_BYTES) {
          int run = control + 1;
          if (to - in - 1 < run || limit - out < run) {
            break;
          }
          MemorySegment.copy(source, in + 1, target, out, run);
          in += 1 + run;
          out += run;
          continue;
        }
        int length = (control >> 5) + 2;
        int operationBytes = length == 9 ? 3 : 2;
        if (to - in < operationBytes) {
          break;
        }
        if (operationBytes == 3) {
          length += source.get(JAVA_BYTE, in + 1) & 0xff;
        }
        int last = source.get(JAVA_BYTE, in + operationBytes - 1) & 0xff;
        int distance = ((control & 0x1f) << 8 | last) + 1;
        if (out - distance < history) {
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
      input = in;
      output = out;
      return valid;
    }

    /** Copies forwards, so that an overlapping copy repeats what it has just written. */
    private static void copyWithin(MemorySegment memory, long from, long to, int length) {
      if (to - from >= length) {
        MemorySegment.copy(memory, from, memory, to, length);
        return;
      }
      if (to - from == 1) {
        memory.asSlice(to, length).fill(memory.get(JAVA_BYTE, from));
        return;
      }
      for (int i = 0; i < length; i++) {
        memory.set(JAVA_BYTE, to + i, memory.get(JAVA_BYTE, from + i));
      }
    }
  }
}
