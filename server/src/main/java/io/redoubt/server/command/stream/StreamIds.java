package io.redoubt.server.command.stream;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;
import io.redoubt.server.value.stream.StreamId;

/** Parses ids of streams: single ids and the ends of intervals. */
final class StreamIds {
  private static final CommandError INVALID =
      new CommandError("ERR Invalid stream ID specified as stream command argument");
  private static final CommandError INVALID_START =
      new CommandError("ERR invalid start ID for the interval");
  private static final CommandError INVALID_END =
      new CommandError("ERR invalid end ID for the interval");

  private StreamIds() {}

  /** Parses a single id; without a sequence it is the first of its millisecond. */
  static void parse(Call call, int i, StreamId id) {
    parse(call.argAddress(i), call.argLength(i), id, 0);
  }

  /** Returns true if an argument is a single id, after storing it in {@code id}. */
  static boolean isId(Call call, int i, StreamId id) {
    return id.parse(call.argAddress(i), call.argLength(i), 0);
  }

  private static void parse(long address, int length, StreamId id, long missingSequence) {
    if (!id.parse(address, length, missingSequence)) {
      throw INVALID;
    }
  }

  /** Parses the lower end of an interval: {@code -}, an id or, with {@code (}, one not included. */
  static void parseStart(Call call, int i, StreamId id) {
    if (parseEnd(call, i, id, 0) && !id.increment()) {
      throw INVALID_START;
    }
  }

  /** Parses the upper end of an interval: {@code +}, an id or, with {@code (}, one not included. */
  static void parseEnd(Call call, int i, StreamId id) {
    if (parseEnd(call, i, id, -1) && !id.decrement()) {
      throw INVALID_END;
    }
  }

  /** Parses an end; returns true if it is excluded. */
  private static boolean parseEnd(Call call, int i, StreamId id, long missingSequence) {
    long address = call.argAddress(i);
    int length = call.argLength(i);
    if (length == 1 && Region.getByte(address) == '-') {
      id.setFirst();
      return false;
    }
    if (length == 1 && Region.getByte(address) == '+') {
      id.setLast();
      return false;
    }
    boolean excluded = length > 1 && Region.getByte(address) == '(';
    int skipped = excluded ? 1 : 0;
    parse(address + skipped, length - skipped, id, missingSequence);
    return excluded;
  }

  /** Returns true if an argument is the single character. */
  static boolean is(Call call, int i, char c) {
    return call.argLength(i) == 1 && Region.getByte(call.argAddress(i)) == c;
  }
}
