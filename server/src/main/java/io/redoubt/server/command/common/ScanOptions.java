package io.redoubt.server.command.common;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Database;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.BlockConsumer;
import org.jspecify.annotations.Nullable;

/** The options that SCAN shares with HSCAN, SSCAN and ZSCAN. */
public final class ScanOptions {
  private static final long USUAL_COUNT = 10;

  private final Call call;
  private int patternArg;
  private long count = USUAL_COUNT;
  private @Nullable Type type;
  private boolean noSuchType;
  private boolean noValues;

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
    return parse(call, first, ofKeys, false);
  }

  /** Parses the options of HSCAN, which has NOVALUES as well. */
  public static ScanOptions ofHash(Call call, int first) {
    return parse(call, first, false, true);
  }

  private static ScanOptions parse(Call call, int first, boolean ofKeys, boolean ofHash) {
    ScanOptions options = new ScanOptions(call);
    for (int i = first; i < call.count(); i += 2) {
      if (ofHash && call.is(i, "NOVALUES")) {
        options.noValues = true;
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
      } else {
        throw Errors.SYNTAX;
      }
    }
    return options;
  }

  /** Returns true if fields are replied without their values. */
  public boolean noValues() {
    return noValues;
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
  public boolean accepts(Type of) {
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
