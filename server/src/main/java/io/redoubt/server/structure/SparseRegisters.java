package io.redoubt.server.structure;

import io.redoubt.server.memory.Region;

/**
 * The registers of a HyperLogLog as runs of equal ones, in the order of the registers:
 *
 * <pre>
 *   00llllll            ZERO   l + 1 registers are 0
 *   01llllll llllllll   XZERO  l + 1 registers are 0, high bits first
 *   1vvvvvll            VAL    l + 1 registers are v + 1
 * </pre>
 */
public final class SparseRegisters {
  /** The highest value that a run can have. */
  public static final int MAX_VALUE = 32;

  private static final int MAX_VALUE_RUN = 4;
  private static final int MAX_ZERO_RUN = 64;
  private static final int XZERO = 0x40;
  private static final int VAL = 0x80;

  /** After a change, so many runs are looked at for neighbours that can become one. */
  private static final int MERGED_RUNS = 5;

  private SparseRegisters() {}

  /** Whether the run there is of more zeros than fit a byte. */
  public static boolean isXzero(long at) {
    return (Region.getByte(at) & (VAL | XZERO)) == XZERO;
  }

  /** How many bytes the run there takes. */
  public static int size(long at) {
    return isXzero(at) ? 2 : 1;
  }

  /** The value of the registers in the run there. */
  public static int value(long at) {
    int head = Region.getUnsignedByte(at);
    return (head & VAL) == 0 ? 0 : (head >> 2 & 31) + 1;
  }

  /** How many registers the run there has. */
  public static int run(long at) {
    int head = Region.getUnsignedByte(at);
    if ((head & VAL) != 0) {
      return (head & 3) + 1;
    }
    return (head & XZERO) == 0 ? head + 1 : ((head & 63) << 8 | Region.getUnsignedByte(at + 1)) + 1;
  }

  /** Writes that all registers are 0 and returns how many bytes it took. */
  public static int clear(long address) {
    return putZeros(address, HyperLogLog.REGISTERS);
  }

  /**
   * Raises the plain registers to these; false, with some of them raised, when these are corrupt.
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
   * Finds the run that a register is in.
   *
   * @return where it begins, in bytes from the start, in the low half; in the high half the index
   *     of its first register; -1 when there is none
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

  /** A register, or -1 when it is in no run: the bytes are corrupt. */
  public static int get(long address, int lengthBytes, int index) {
    long found = find(address, lengthBytes, index);
    return found < 0 ? -1 : value(address + (int) found);
  }

  /** By how many bytes they get longer before neighbours are merged, if a register is raised. */
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
   * Raises a register that is lower; there is room for {@link #growth} more bytes.
   *
   * @return how many bytes there are now
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

  /** Where the run before the one at an offset begins; the first has itself. */
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
          continue; // it may go on with the one after
        }
      }
      at += size(address + at);
    }
    return length;
  }
}
