package io.redoubt.server.command.bitmap;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;

/** An argument that says where in a string a bit is, from 0; with {@code #}, in whole fields. */
final class BitOffset {
  private static final CommandError OUT_OF_RANGE =
      new CommandError("ERR bit offset is not an integer or out of range");

  /** The last bit of a string of so many bytes, and of a field that starts there, has an index. */
  private static final long MAX_BYTES = Integer.MAX_VALUE - 64L;

  private BitOffset() {}

  /** The offset that argument {@code i} is. */
  static long of(Call call, int i) {
    return checked(call, digits(call.argAddress(i), call.argLength(i)), 1);
  }

  /** The offset that argument {@code i} is of a field of {@code bits} bits. */
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
      maxBytes = Math.min(maxBytes, call.settings().protoMaxBulkLen.value());
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
