package io.redoubt.server.structure.hyperloglog;

import io.redoubt.server.memory.Region;

/**
 * The registers of a HyperLogLog, run-length encoded in register order:
 *
 * <pre>
 *   00llllll            ZERO   l + 1 registers are 0
 *   01llllll llllllll   XZERO  l + 1 registers are 0, high bits of l first
 *   1vvvvvll            VAL    l + 1 registers are v + 1
 * </pre>
 */
public final class SparseRegisters {
  /** The highest value of a run. */
  public static final int MAX_VALUE = 32;

  private static final int MAX_VALUE_RUN = 4;
  private static final int MAX_ZERO_RUN = 64;
  private static final int XZERO = 0x40;
  private static final int VAL = 0x80;

  /** The number of runs checked for mergeable neighbours after a change. */
  private static final int MERGED_RUNS = 5;

  private SparseRegisters() {}

  /** Returns true if the run at an address is an XZERO run. */
  public static boolean isXzero(long at) {
    return (Region.getByte(at) & (VAL | XZERO)) == XZERO;
  }

  /** Returns the bytes that the run at an address takes. */
  public static int size(long at) {
    return isXzero(at) ? 2 : 1;
  }

  /** Returns the value of the registers in the run at an address. */
  public static int value(long at) {
    int head = Region.getUnsignedByte(at);
    return (head & VAL) == 0 ? 0 : (head >> 2 & 31) + 1;
  }

  public static int run(long at) {
    int head = Region.getUnsignedByte(at);
    if ((head & VAL) != 0) {
      return (head & 3) + 1;
    }
    return (head & XZERO) == 0 ? head + 1 : ((head & 63) << 8 | Region.getUnsignedByte(at + 1)) + 1;
  }

  /** Writes a run of all registers as 0 and returns its bytes. */
  public static int clear(long address) {
    return putZeros(address, HyperLogLog.REGISTERS);
  }

  /**
   * Raises the plain registers to these; returns false, with some of them raised, if these are
   * corrupt.
   */
  public static boolean mergeInto(long plain, long address, int lengthBytes) {
    int index = 0;
    long end = address + lengthBytes;
    for (long at = address; at < end; at += size(at)) {
      int run = run(at);
      if (at + size(at) > end || index + run > HyperLogLog.REGISTERS) {
        return false;
      }
      int value = value(at);
      if (value != 0) {
        for (int i = 0; i < run; i++) {
          HyperLogLog.raise(plain, index + i, value);
        }
      }
      index += run;
    }
    return index == HyperLogLog.REGISTERS;
  }

  /**
   * Finds the run that contains a register.
   *
   * @return the run's offset in bytes in the low half and the index of its first register in the
   *     high half; -1 if there is none
   */
  private static long find(long address, int lengthBytes, int index) {
    int first = 0;
    for (int at = 0; at < lengthBytes; ) {
      int run = run(address + at);
      int size = size(address + at);
      if (at + size > lengthBytes) {
        break;
      }
      if (index < first + run) {
        return (long) first << Integer.SIZE | at;
      }
      first += run;
      at += size;
    }
    return -1;
  }

  /** Returns a register, or -1 if no run contains it: the bytes are corrupt. */
  public static int get(long address, int lengthBytes, int index) {
    long found = find(address, lengthBytes, index);
    return found < 0 ? -1 : value(address + (int) found);
  }

  /** Returns the bytes added if a register is raised, before neighbours are merged. */
  public static int growth(long address, int lengthBytes, int index) {
    long found = find(address, lengthBytes, index);
    long at = address + (int) found;
    int before = index - (int) (found >>> Integer.SIZE);
    int after = run(at) - before - 1;
    int zeros = value(at) == 0 ? 1 : 0;
    return runSize(before, zeros) + 1 + runSize(after, zeros) - size(at);
  }

  private static int runSize(int run, int zeros) {
    if (run == 0) {
      return 0;
    }
    return zeros == 1 && run > MAX_ZERO_RUN ? 2 : 1;
  }

  /**
   * Raises a register that is lower; there must be room for {@link #growth} more bytes.
   *
   * @return the new length in bytes
   */
  public static int raise(long address, int lengthBytes, int index, int value) {
    int growth = growth(address, lengthBytes, index);
    long found = find(address, lengthBytes, index);
    int at = (int) found;
    int old = value(address + at);
    int before = index - (int) (found >>> Integer.SIZE);
    int after = run(address + at) - before - 1;
    int previous = previous(address, at);
    int tail = at + size(address + at);
    Region.copy(address + tail, address + tail + growth, lengthBytes - tail);
    long to = address + at;
    to += putRun(to, old, before);
    to += putRun(to, value, 1);
    putRun(to, old, after);
    return mergeNeighbours(address, lengthBytes + growth, previous);
  }

  /** Returns the offset of the run before the one at an offset; the first has itself. */
  private static int previous(long address, int offset) {
    int at = 0;
    int previous = 0;
    while (at < offset) {
      previous = at;
      at += size(address + at);
    }
    return previous;
  }

  private static int putRun(long at, int value, int run) {
    if (run == 0) {
      return 0;
    }
    if (value == 0) {
      return putZeros(at, run);
    }
    Region.putByte(at, VAL | ((value - 1) << 2) | (run - 1));
    return 1;
  }

  private static int putZeros(long at, int run) {
    if (run <= MAX_ZERO_RUN) {
      Region.putByte(at, run - 1);
      return 1;
    }
    Region.putByte(at, XZERO | ((run - 1) >> 8));
    Region.putByte(at + 1, run - 1);
    return 2;
  }

  private static int mergeNeighbours(long address, int lengthBytes, int from) {
    int length = lengthBytes;
    int at = from;
    for (int i = 0; i < MERGED_RUNS && at < length; i++) {
      int value = value(address + at);
      int next = at + 1;
      if (value != 0 && next < length && value(address + next) == value) {
        int run = run(address + at) + run(address + next);
        if (run <= MAX_VALUE_RUN) {
          putRun(address + next, value, run);
          Region.copy(address + next, address + at, length - next);
          length--;
          continue; // the merged run may merge with the next one
        }
      }
      at += size(address + at);
    }
    return length;
  }
}
