package io.redoubt.server.value;

import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.hyperloglog.DenseRegisters;
import io.redoubt.server.structure.hyperloglog.HyperLogLog;
import io.redoubt.server.structure.hyperloglog.SparseRegisters;

/**
 * A string that holds a HyperLogLog in Redis' format:
 *
 * <pre>
 *    0  "HYLL"
 *    4  0 dense, 1 sparse
 *    5  three unused bytes
 *    8  the cached cardinality, little-endian; invalid while the top bit is set
 *   16  the registers
 * </pre>
 *
 * Each change may move the entry.
 */
public final class HyperLogLogValue {
  private static final int MAGIC = 'H' | 'Y' << 8 | 'L' << 16 | 'L' << 24;
  private static final int FORM_AT = 4;
  private static final int COUNT_AT = 8;
  private static final int HEADER_BYTES = 16;
  private static final int DENSE = 0;
  private static final int SPARSE = 1;
  private static final int DENSE_BYTES = HEADER_BYTES + DenseRegisters.SIZE_BYTES;
  private static final int EMPTY_BYTES = HEADER_BYTES + 2;

  /** The result of raising a register. */
  public enum Outcome {
    AS_HIGH,
    RAISED,
    CORRUPT
  }

  private final Database database;
  private final long maxSparseBytes;
  private long entry;

  private HyperLogLogValue(Database database, long entry, long maxSparseBytes) {
    this.database = database;
    this.entry = entry;
    this.maxSparseBytes = maxSparseBytes;
  }

  /** Returns true if a string has the header of a HyperLogLog; its registers may be corrupt. */
  public static boolean isOne(long entry) {
    if (StringValue.isInteger(entry) || StringValue.length(entry) < HEADER_BYTES) {
      return false;
    }
    long bytes = StringValue.bytesAddress(entry);
    int form = Region.getByte(bytes + FORM_AT);
    return Region.getInt(bytes) == MAGIC
        && (form == SPARSE || (form == DENSE && StringValue.length(entry) == DENSE_BYTES));
  }

  /** Stores an empty HyperLogLog. */
  public static long putEmpty(Database database, long keyAddress, int keyLength) {
    long created = database.putText(keyAddress, keyLength, keyAddress, 0, Entry.NO_EXPIRY);
    created = StringValue.edit(database, created, EMPTY_BYTES, 0, EMPTY_BYTES);
    long bytes = StringValue.bytesAddress(created);
    Region.putInt(bytes, MAGIC);
    Region.putByte(bytes + FORM_AT, SPARSE);
    SparseRegisters.clear(bytes + HEADER_BYTES);
    return created;
  }

  public static boolean isDense(long entry) {
    return Region.getByte(StringValue.bytesAddress(entry) + FORM_AT) == DENSE;
  }

  /** Returns the cached cardinality, or -1 if it is invalid. */
  public static long cachedCount(long entry) {
    return Math.max(Region.getLong(StringValue.bytesAddress(entry) + COUNT_AT), -1);
  }

  /**
   * Merges the registers into {@link HyperLogLog#REGISTERS} plain ones; returns false if they are
   * corrupt.
   */
  public static boolean mergeInto(long plain, long entry) {
    long registers = StringValue.bytesAddress(entry) + HEADER_BYTES;
    if (isDense(entry)) {
      DenseRegisters.mergeInto(plain, registers);
      return true;
    }
    return SparseRegisters.mergeInto(plain, registers, StringValue.length(entry) - HEADER_BYTES);
  }

  /** Returns the runs of a sparse encoding in the format of PFDEBUG DECODE. */
  public static String runs(long entry) {
    var text = new StringBuilder();
    long at = StringValue.bytesAddress(entry) + HEADER_BYTES;
    long end = StringValue.bytesAddress(entry) + StringValue.length(entry);
    for (; at < end; at += SparseRegisters.size(at)) {
      text.append(text.isEmpty() ? "" : " ");
      int value = SparseRegisters.value(at);
      if (value != 0) {
        text.append("v:").append(value).append(',');
      } else {
        text.append(SparseRegisters.isXzero(at) ? "Z:" : "z:");
      }
      text.append(SparseRegisters.run(at));
    }
    return text.toString();
  }

  /** Opens a HyperLogLog for changes; beyond {@code maxSparseBytes} it becomes dense. */
  public static HyperLogLogValue open(Database database, long entry, long maxSparseBytes) {
    int length = StringValue.length(entry);
    long opened = StringValue.edit(database, entry, length, 0, length);
    return new HyperLogLogValue(database, opened, maxSparseBytes);
  }

  public long entry() {
    return entry;
  }

  /** Caches a cardinality. */
  public void cacheCount(long count) {
    Region.putLong(StringValue.bytesAddress(entry) + COUNT_AT, count & Long.MAX_VALUE);
  }

  /** Invalidates the cached cardinality. */
  public void forgetCount() {
    long topByte = StringValue.bytesAddress(entry) + COUNT_AT + 7;
    Region.putByte(topByte, Region.getByte(topByte) | 0x80);
  }

  public Outcome add(long address, int lengthBytes) {
    long hash = HyperLogLog.hash(address, lengthBytes);
    return raise(HyperLogLog.index(hash), HyperLogLog.rank(hash));
  }

  /** Raises a register to the given value if it is lower. */
  public Outcome raise(int index, int value) {
    if (!isDense(entry)) {
      if (value <= SparseRegisters.MAX_VALUE) {
        int length = StringValue.length(entry) - HEADER_BYTES;
        long registers = StringValue.bytesAddress(entry) + HEADER_BYTES;
        int old = SparseRegisters.get(registers, length, index);
        if (old < 0) {
          return Outcome.CORRUPT;
        }
        if (old >= value) {
          return Outcome.AS_HIGH;
        }
        if (raiseSparse(registers, length, index, value)) {
          return Outcome.RAISED;
        }
      }
      if (!becomeDense()) {
        return Outcome.CORRUPT;
      }
    }
    long registers = StringValue.bytesAddress(entry) + HEADER_BYTES;
    return DenseRegisters.raise(registers, index, value) ? Outcome.RAISED : Outcome.AS_HIGH;
  }

  /** Sets all registers to the plain ones, none of which may be lower. */
  public void raiseAll(long plain) {
    if (isDense(entry)) {
      DenseRegisters.pack(plain, StringValue.bytesAddress(entry) + HEADER_BYTES);
      return;
    }
    Slabs slabs = database.slabs();
    long current = slabs.allocateFar(HyperLogLog.REGISTERS);
    try {
      Region.zero(current, HyperLogLog.REGISTERS);
      mergeInto(current, entry);
      // A register is found by a search, so only those that differ are looked at.
      for (int word = 0; word < HyperLogLog.REGISTERS; word += Long.BYTES) {
        if (Region.getLong(plain + word) != Region.getLong(current + word)) {
          raiseWord(plain, current, word);
        }
      }
    } finally {
      slabs.free(current, HyperLogLog.REGISTERS);
    }
  }

  private void raiseWord(long plain, long current, int word) {
    for (int i = word; i < word + Long.BYTES; i++) {
      int register = Region.getByte(plain + i);
      if (register != Region.getByte(current + i)) {
        raise(i, register);
      }
    }
  }

  /** Raises a register of the sparse encoding; returns false if the size limit prevents that. */
  private boolean raiseSparse(long registers, int length, int index, int value) {
    int growth = SparseRegisters.growth(registers, length, index);
    if (growth > 0) {
      int grown = HEADER_BYTES + length + growth;
      if (grown > maxSparseBytes) {
        return false;
      }
      entry = StringValue.edit(database, entry, grown, 0, grown);
    }
    long bytes = StringValue.bytesAddress(entry);
    int raised = SparseRegisters.raise(bytes + HEADER_BYTES, length, index, value);
    entry = StringValue.edit(database, entry, HEADER_BYTES + raised, 0, 0);
    forgetCount();
    return true;
  }

  /** Converts to the dense encoding if necessary; returns false if the registers are corrupt. */
  public boolean becomeDense() {
    if (isDense(entry)) {
      return true;
    }
    Slabs slabs = database.slabs();
    long plain = slabs.allocateFar(HyperLogLog.REGISTERS);
    Region.zero(plain, HyperLogLog.REGISTERS);
    boolean valid = mergeInto(plain, entry);
    if (valid) {
      // The dense size is final, so the value is stored anew without room to grow.
      long dense = slabs.allocateFar(DENSE_BYTES);
      Region.copy(StringValue.bytesAddress(entry), dense, HEADER_BYTES);
      Region.putByte(dense + FORM_AT, DENSE);
      DenseRegisters.pack(plain, dense + HEADER_BYTES);
      entry =
          database.putText(
              Entry.keyAddress(entry),
              Entry.keyLength(entry),
              dense,
              DENSE_BYTES,
              Database.KEEP_EXPIRY);
      slabs.free(dense, DENSE_BYTES);
    }
    slabs.free(plain, HyperLogLog.REGISTERS);
    return valid;
  }
}
