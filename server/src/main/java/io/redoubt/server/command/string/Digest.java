package io.redoubt.server.command.string;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;
import java.util.HexFormat;

/** A digest of a string in an argument: 16 hexadecimal digits in either case. */
final class Digest {
  private static final CommandError INVALID =
      new CommandError("ERR must be exactly 16 hexadecimal characters");
  private static final int DIGITS = 16;

  private Digest() {}

  static long parse(Call call, int i) {
    if (call.argLength(i) != DIGITS) {
      throw INVALID;
    }
    long digest = 0;
    long address = call.argAddress(i);
    for (int at = 0; at < DIGITS; at++) {
      int digit = Region.getUnsignedByte(address + at);
      if (!HexFormat.isHexDigit(digit)) {
        throw INVALID;
      }
      digest = (digest << 4) | HexFormat.fromHexDigit(digit);
    }
    return digest;
  }

  static String format(long digest) {
    return HexFormat.of().toHexDigits(digest);
  }
}
