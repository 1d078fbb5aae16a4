package io.redoubt.server.cluster.slot;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The hash slot of a key: the CRC-16 (XMODEM: polynomial 0x1021, initial value 0, not reflected) of
 * its hash tag, modulo {@link SlotSet#SLOTS}.
 *
 * <p>The hash tag is the text between the first <code>{</code> and the next <code>}</code>. Without
 * one, or if it is empty, the whole key is hashed.
 */
public final class KeySlot {
  private static final int POLYNOMIAL = 0x1021;
  private static final char[] TABLE = table();

  private KeySlot() {}

  private static char[] table() {
    char[] table = new char[256];
    for (int b = 0; b < table.length; b++) {
      int crc = b << 8;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 0x8000) == 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
      }
      table[b] = (char) crc;
    }
    return table;
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
    for (int i = from; i < to; i++) {
      int b = memory.get(ValueLayout.JAVA_BYTE, offset + i);
      crc = ((crc << 8) & 0xffff) ^ TABLE[((crc >>> 8) ^ b) & 0xff];
    }
    return crc & (SlotSet.SLOTS - 1);
  }

  /** Returns the slot of a key. */
  public static int of(byte[] key) {
    return of(MemorySegment.ofArray(key), 0, key.length);
  }

  private static int indexOf(MemorySegment memory, long offset, int from, int to, char wanted) {
    for (int i = from; i < to; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, offset + i) == wanted) {
        return i;
      }
    }
    return -1;
  }
}
