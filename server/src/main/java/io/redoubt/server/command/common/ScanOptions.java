package io.redoubt.server.command.common;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.cluster.slot.KeySlot;
import io.redoubt.server.cluster.slot.SlotSet;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import org.jspecify.annotations.Nullable;

/** The options that SCAN shares with HSCAN, SSCAN and ZSCAN. */
public final class ScanOptions {
  /** No slot, as none is negative. */
  public static final int NO_SLOT = -1;

  private static final long USUAL_COUNT = 10;
  private static final CommandError INVALID_SLOT =
      new CommandError("ERR Invalid or out of range slot");

  private final Call call;
  private int patternArg;
  private long count = USUAL_COUNT;
  private @Nullable Type type;
  private boolean noSuchType;
  private int slot = NO_SLOT;
  private boolean onlyNames;

  private ScanOptions(Call call) {
    this.call = call;
  }

  /**
   * Parses the options from argument {@code first} to the end.
   *
   * @param ofKeys true if TYPE is an option
   * @throws io.redoubt.protocol.command.CommandError if an option is unknown or invalid
   */
  public static ScanOptions parse(Call call, int first, boolean ofKeys) {
    return parse(call, first, ofKeys, null, false);
  }

  /** Parses the options of CLUSTERSCAN, which has SLOT as well and refuses unknown types. */
  public static ScanOptions ofCluster(Call call, int first) {
    ScanOptions options = parse(call, first, true, null, true);
    if (options.noSuchType) {
      throw new CommandError("ERR unknown type name");
    }
    return options;
  }

  /**
   * Parses the options of HSCAN or ZSCAN, which have one that leaves out values or scores as well.
   */
  public static ScanOptions ofPairs(Call call, int first, String onlyNames) {
    return parse(call, first, false, onlyNames, false);
  }

  private static ScanOptions parse(
      Call call, int first, boolean ofKeys, @Nullable String onlyNames, boolean ofCluster) {
    ScanOptions options = new ScanOptions(call);
    for (int i = first; i < call.count(); i += 2) {
      if (onlyNames != null && call.is(i, onlyNames)) {
        options.onlyNames = true;
        i--;
      } else if (i + 1 == call.count()) {
        throw Errors.SYNTAX;
      } else if (call.is(i, "COUNT")) {
        options.count = call.argLong(i + 1);
        if (options.count < 1) {
          throw Errors.SYNTAX;
        }
      } else if (call.is(i, "MATCH")) {
        // Any other glob never matches the empty string.
        options.patternArg = call.is(i + 1, "*") ? 0 : i + 1;
      } else if (ofKeys && call.is(i, "TYPE")) {
        options.type = Type.named(call.argText(i + 1));
        options.noSuchType = options.type == null;
      } else if (ofCluster && call.is(i, "SLOT") && options.slot == NO_SLOT) {
        options.slot = slot(call.argLong(i + 1));
      } else {
        throw Errors.SYNTAX;
      }
    }
    return options;
  }

  private static int slot(long slot) {
    if (!SlotSet.isSlot(slot)) {
      throw INVALID_SLOT;
    }
    return (int) slot;
  }

  /** Returns the slot that SLOT names, {@link #NO_SLOT} without it. */
  public int slot() {
    return slot;
  }

  /** Returns the slot of all keys that match the pattern, {@link #NO_SLOT} if there are several. */
  public int slotOfPattern() {
    return patternArg == 0
        ? NO_SLOT
        : KeySlot.ofPattern(Region.MEMORY, call.argAddress(patternArg), call.argLength(patternArg));
  }

  /**
   * Returns true if the key of an entry is to be replied. Removes it if it has expired: before the
   * test of the type, as in Redis.
   */
  public boolean accepts(Database database, long entry) {
    return matches(Entry.keyAddress(entry), Entry.keyLength(entry))
        && isLive(database, entry)
        && accepts(Entry.type(entry));
  }

  private static boolean isLive(Database database, long entry) {
    return !database.isDue(entry)
        || database.findLive(Entry.keyAddress(entry), Entry.keyLength(entry)) != Entry.NONE;
  }

  /** Returns true if fields or members are replied without their values or scores. */
  public boolean onlyNames() {
    return onlyNames;
  }

  /** Returns the number of elements to examine, at least 1. */
  public long count() {
    return count;
  }

  /** Returns the number of buckets to visit at most, which bounds the work in a sparse table. */
  public long maxBuckets() {
    return count > Long.MAX_VALUE / 10 ? Long.MAX_VALUE : count * 10;
  }

  /** Returns true if keys of the type are replied. */
  private boolean accepts(Type of) {
    return !noSuchType && (type == null || type == of);
  }

  /** Returns true if there is a pattern; without one, everything matches. */
  public boolean hasPattern() {
    return patternArg != 0;
  }

  /** Scans a database from a cursor on for keys that match the pattern. */
  public long scan(Database database, long cursor, BlockConsumer consumer) {
    return patternArg == 0
        ? database.scan(cursor, consumer)
        : database.scan(cursor, call.argAddress(patternArg), call.argLength(patternArg), consumer);
  }

  /** Returns true if bytes of the region match the pattern. */
  public boolean matches(long address, int length) {
    return patternArg == 0
        || Glob.matches(
            Region.MEMORY,
            call.argAddress(patternArg),
            call.argLength(patternArg),
            Region.MEMORY,
            address,
            length,
            false);
  }
}
