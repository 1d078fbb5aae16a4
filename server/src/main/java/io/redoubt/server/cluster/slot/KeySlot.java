package io.redoubt.server.cluster.slot;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The hash slot of a key: the CRC-16 (XMODEM: polynomial 0x1021, initial value 0, not reflected) of
 * its hash tag, modulo {@link SlotSet#SLOTS}.
 *
 * <p>The hash tag is the text between the first <code>{</code> and the next <code>}</code>. Without
 * one, or if it is empty, the whole key is hashed.
 */
public final class KeySlot {
  private static final int POLYNOMIAL = 0x1021;
  private static final ValueLayout.OfInt FOUR_BYTES =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong EIGHT_BYTES =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final long BYTES_01 = 0x0101_0101_0101_0101L;
  private static final long BYTES_80 = 0x8080_8080_8080_8080L;

  /** The CRC of each byte followed by 0 to 3 zeros, so that four bytes are looked up at once. */
  private static final char[] TABLE = table();

  private KeySlot() {}

  private static char[] table() {
    char[] table = new char[4 * 256];
    for (int b = 0; b < 256; b++) {
      int crc = b << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) == 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
      }
      table[b] = (char) crc;
    }
    for (int i = 256; i < table.length; i++) {
      table[i] = (char) next(table, table[i - 256], 0);
    }
    return table;
  }

  private static int next(char[] table, int crc, int b) {
    return ((crc << 8) & 0xffff) ^ table[((crc >>> 8) ^ b) & 0xff];
  }

  /** Returns the slot of the key {@code [offset, offset + length)} of {@code memory}. */
  public static int of(MemorySegment memory, long offset, int length) {
    int from = 0;
    int to = length;
    int open = indexOf(memory, offset, 0, length, '{');
    if (open >= 0) {
      int close = indexOf(memory, offset, open + 1, length, '}');
      if (close > open + 1) {
        from = open + 1;
        to = close;
      }
    }
    int crc = 0;
    int at = from;
    for (; at + 4 <= to; at += 4) {
      int word = memory.get(FOUR_BYTES, offset + at) ^ (crc << 16);
      crc =
          TABLE[0x300 | (word >>> 24)]
              ^ TABLE[0x200 | ((word >>> 16) & 0xff)]
              ^ TABLE[0x100 | ((word >>> 8) & 0xff)]
              ^ TABLE[word & 0xff];
    }
    for (; at < to; at++) {
      crc = next(TABLE, crc, memory.get(ValueLayout.JAVA_BYTE, offset + at));
    }
    return crc & (SlotSet.SLOTS - 1);
  }

  /**
   * Returns the one slot of all keys that a glob pattern can match, or -1 if there may be several.
   * Only a pattern with a literal hash tag or without wildcards determines a slot.
   */
  public static int ofPattern(MemorySegment memory, long offset, int length) {
    int open = -1;
    boolean isTagged = true;
    for (int i = 0; i < length; i++) {
      switch (memory.get(ValueLayout.JAVA_BYTE, offset + i)) {
        case '*', '?', '[', '\\' -> {
          return -1;
        }
        case '{' -> open = open < 0 ? i : open;
        case '}' -> {
          if (open >= 0 && isTagged && i > open + 1) {
            return of(memory, offset, i + 1);
          }
          isTagged &= open < 0; // an empty tag does not count
        }
        default -> {
          // a literal byte
        }
      }
    }
    return of(memory, offset, length);
  }

  public static int of(byte[] key) {
    return of(MemorySegment.ofArray(key), 0, key.length);
  }

  private static int indexOf(MemorySegment memory, long offset, int from, int to, char wanted) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long different = memory.get(EIGHT_BYTES, offset + i) ^ wanted * BYTES_01;
      long found = different - BYTES_01 & ~different & BYTES_80; // the lowest bit is exact
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    for (; i < to; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, offset + i) == wanted) {
        return i;
      }
    }
    return -1;
  }
}
