package io.redoubt.server.command.bitmap;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.Bits;
import io.redoubt.server.structure.Bits.Combination;
import io.redoubt.server.value.StringValue;
import org.jspecify.annotations.Nullable;

/**
 * The operations of BITOP. DIFF and the following ones exist since Redis 8.2. X is the first
 * source, Y are the others.
 */
enum BitOperation {
  AND,
  OR,
  XOR,
  NOT,

  /** The bits of X that no Y has. */
  DIFF,

  /** The bits of any Y that X does not have. */
  DIFF1,

  /** The bits of X that any Y has, too. */
  ANDOR,

  /** The bits that exactly one source has. */
  ONE;

  private static final CommandError NOT_OF_MANY =
      new CommandError("ERR BITOP NOT must be called with a single source key.");

  private static final BitOperation[] NAMED = values();

  /** Returns the operation that argument {@code i} names, or null. */
  static @Nullable BitOperation named(Call call, int i) {
    for (BitOperation operation : NAMED) {
      if (call.is(i, operation.name())) {
        return operation;
      }
    }
    return null;
  }

  /** Returns true if servers before Redis 8.2 do not know the operation. */
  boolean isNewer() {
    return compareTo(DIFF) >= 0;
  }

  /**
   * Checks the number of sources.
   *
   * @throws CommandError if the operation does not allow that number
   */
  void require(int sources) {
    if (this == NOT && sources != 1) {
      throw NOT_OF_MANY;
    }
    if (takesFirstApart() && sources < 2) {
      throw new CommandError(
          "ERR BITOP " + this + " must be called with at least two source keys.");
    }
  }

  private boolean takesFirstApart() {
    return this == DIFF || this == DIFF1 || this == ANDOR;
  }

  /**
   * Returns the number of buffers of the result's length that are needed at once, including the
   * value that is set to the result.
   */
  int buffers() {
    return this == ONE ? 3 : 2;
  }

  /**
   * Writes the result to {@code length} bytes at {@code result}, the length of the longest source.
   *
   * @param sources the entries, {@link Entry#NONE} for a missing key, which is all zeros
   */
  void combine(Database database, long[] sources, long result, int length) {
    switch (this) {
      case AND -> combineAll(database, Combination.AND, sources, 0, result, length);
      case XOR -> combineAll(database, Combination.XOR, sources, 0, result, length);
      case OR -> combineAll(database, Combination.OR, sources, 0, result, length);
      case NOT -> invert(database, sources[0], result, length);
      case DIFF -> combineApart(database, Combination.ONLY_SECOND, sources, result, length);
      case DIFF1 -> combineApart(database, Combination.ONLY_FIRST, sources, result, length);
      case ANDOR -> combineApart(database, Combination.AND, sources, result, length);
      case ONE -> keepSingle(database, sources, result, length);
    }
  }

  /** Combines the sources from index {@code from}. */
  private static void combineAll(
      Database database, Combination how, long[] sources, int from, long result, int length) {
    long first = open(database, sources[from]);
    int firstBytes = length(sources[from]);
    if (from + 1 == sources.length) {
      Bits.combine(Combination.OR, first, firstBytes, first, 0, result, length);
    } else {
      combine(database, how, first, firstBytes, sources[from + 1], result, length);
    }
    close(database, sources[from], first);
    for (int i = from + 2; i < sources.length; i++) {
      combine(database, how, result, length, sources[i], result, length);
    }
  }

  private static void combineApart(
      Database database, Combination how, long[] sources, long result, int length) {
    combineAll(database, Combination.OR, sources, 1, result, length);
    combine(database, how, result, length, sources[0], result, length);
  }

  /** Combines bytes with those of a source. */
  private static void combine(
      Database database,
      Combination how,
      long first,
      int firstBytes,
      long source,
      long result,
      int length) {
    long bytes = open(database, source);
    Bits.combine(how, first, firstBytes, bytes, length(source), result, length);
    close(database, source, bytes);
  }

  private static void invert(Database database, long source, long result, int length) {
    long bytes = open(database, source);
    Bits.invert(bytes, length, result);
    close(database, source, bytes);
  }

  private static int length(long source) {
    return source == Entry.NONE ? 0 : StringValue.length(source);
  }

  /** Returns the address of a source's bytes, to be {@linkplain #close closed}. */
  private static long open(Database database, long source) {
    return source == Entry.NONE ? 0 : StringValue.openBytes(database, source);
  }

  private static void close(Database database, long source, long bytes) {
    if (source != Entry.NONE) {
      StringValue.closeBytes(database, source, bytes);
    }
  }

  private static void keepSingle(Database database, long[] sources, long result, int length) {
    Slabs slabs = database.slabs();
    long repeated = slabs.allocateFar(length);
    try {
      Region.zero(result, length);
      Region.zero(repeated, length);
      for (long source : sources) {
        long bytes = open(database, source);
        Bits.countOnce(result, repeated, bytes, length(source));
        close(database, source, bytes);
      }
      Bits.combine(Combination.ONLY_FIRST, result, length, repeated, length, result, length);
    } finally {
      slabs.free(repeated, length);
    }
  }
}
