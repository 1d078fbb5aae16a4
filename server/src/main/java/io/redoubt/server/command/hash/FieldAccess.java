package io.redoubt.server.command.hash;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.keyspace.Entry;
import io.redoubt.server.value.hash.Hashes;

/** Access to the fields that a command names, for commands on the expiry of fields. */
final class FieldAccess {
  /** The last time at which a field may expire, in Unix milliseconds; Redis' own limit. */
  private static final long MAX_TIME_MILLIS = (1L << 46) - 1;

  private static final CommandError NEGATIVE_TIME =
      new CommandError("ERR invalid expire time, must be >= 0");

  private FieldAccess() {}

  /** Finds the field of an argument for reading; see {@link Hashes#find}. */
  static boolean find(Call call, long entry, int fieldArg) {
    return entry != Entry.NONE
        && call.values().hashes().find(entry, call.argAddress(fieldArg), call.argLength(fieldArg));
  }

  /** Finds the field of an argument for a change; see {@link Hashes#findForWrite}. */
  static boolean findForWrite(Call call, long entry, int fieldArg) {
    return entry != Entry.NONE
        && call.values()
            .hashes()
            .findForWrite(
                call.database(), entry, call.argAddress(fieldArg), call.argLength(fieldArg));
  }

  /** Sets the expiry of the field found for a change; returns the entry, which may have moved. */
  static long expireAt(Call call, long entry, int fieldArg, long millis) {
    return call.values()
        .hashes()
        .expireAt(
            call.database(), entry, call.argAddress(fieldArg), call.argLength(fieldArg), millis);
  }

  /** Finishes the changes of a hash; removes it if no field is left, and returns true then. */
  static boolean end(Call call, long entry) {
    Hashes hashes = call.values().hashes();
    if (entry == Entry.NONE) {
      return false;
    }
    if (hashes.sizeWithDue(entry) == 0) {
      call.database().remove(entry);
      return true;
    }
    hashes.settle(call.database(), entry);
    return false;
  }

  /**
   * Returns the time that an argument gives, in Unix milliseconds.
   *
   * @throws CommandError if it is not an integer, negative or too far in the future
   */
  static long time(Call call, int i, long unitMillis, boolean absolute) {
    long value = call.argLong(i);
    if (value < 0) {
      throw NEGATIVE_TIME;
    }
    long base = absolute ? 0 : call.now();
    if (value > MAX_TIME_MILLIS / unitMillis || value * unitMillis > MAX_TIME_MILLIS - base) {
      throw new CommandError("ERR invalid expire time in '" + call.command().name() + "' command");
    }
    return base + value * unitMillis;
  }
}
