package io.redoubt.server.command.common;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.command.Errors;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Type;
import io.redoubt.server.memory.Region;
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
   * The options from argument {@code first} to the end.
   *
   * @param ofKeys whether there may be a TYPE
   * @throws io.redoubt.protocol.command.CommandError when they are none
   */
  public static ScanOptions parse(Call call, int first, boolean ofKeys) {
    return parse(call, first, ofKeys, false);
  }

  /** Like {@link #parse}, for HSCAN, which may leave out the values. */
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
        // A glob other than this never matches the empty string.
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

  /** Whether fields are asked for without their values. */
  public boolean noValues() {
    return noValues;
  }

  /** How many elements the caller would like to have looked at, at least 1. */
  public long count() {
    return count;
  }

  /** How many buckets to look at before giving up to find so many, were most of them empty. */
  public long maxBuckets() {
    return count > Long.MAX_VALUE / 10 ? Long.MAX_VALUE : count * 10;
  }

  /** Whether values of that type are asked for. */
  public boolean accepts(Type of) {
    return !noSuchType && (type == null || type == of);
  }

  /** Whether there is a pattern, or else all match. */
  public boolean hasPattern() {
    return patternArg != 0;
  }

  /** Whether bytes of the region match the pattern. */
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
