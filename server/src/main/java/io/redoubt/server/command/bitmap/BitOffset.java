package io.redoubt.server.command.bitmap;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;

/** Parses bit offsets, which count from 0; after {@code #} they count in whole fields. */
final class BitOffset {
  private static final CommandError OUT_OF_RANGE =
      new CommandError("ERR bit offset is not an integer or out of range");

  /** The limit of a string's length at which offsets of all its bits are valid. */
  private static final long MAX_BYTES = Integer.MAX_VALUE - 64L;

  private BitOffset() {}

  /** Parses argument {@code i}. */
  static long of(Call call, int i) {
    return checked(call, digits(call.argAddress(i), call.argLength(i)), 1);
  }

  /** Parses argument {@code i} as the offset of a field of {@code bits} bits. */
  static long ofField(Call call, int i, int bits) {
    long address = call.argAddress(i);
    int length = call.argLength(i);
    boolean inFields = length > 0 && Region.getByte(address) == '#';
    return inFields
        ? checked(call, digits(address + 1, length - 1), bits)
        : checked(call, digits(address, length), 1);
  }

  private static long digits(long address, int length) {
    return Numbers.parseLong(Region.MEMORY, address, length, -1);
  }

  private static long checked(Call call, long offset, int unitBits) {
    long maxBytes = MAX_BYTES;
    if (!call.client().isMaster()) {
      maxBytes = Math.min(maxBytes, call.settings().common.protoMaxBulkLen.value());
    }
    if (offset < 0 || offset >= (maxBytes << 3) / unitBits + 1) {
      throw OUT_OF_RANGE;
    }
    long bit = offset * unitBits;
    if (bit >>> 3 >= maxBytes) {
      throw OUT_OF_RANGE;
    }
    return bit;
  }
}
