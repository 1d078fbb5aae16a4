package io.redoubt.server.command.bitmap;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.Bits;

/**
 * An operation of BITFIELD on an integer in a string.
 *
 * @param signed true for two's complement
 * @param bits the width: 1 to 64 if signed, 1 to 63 if not
 * @param offset the index of the first bit
 * @param operand the value to write or to add
 */
record BitField(
    Operation operation, Overflow overflow, boolean signed, int bits, long offset, long operand) {
  private static final CommandError NO_TYPE =
      new CommandError(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but"
              + " i64 is.");

  /** The subcommands. */
  enum Operation {
    GET,
    SET,
    INCRBY
  }

  /** The treatment of a result that does not fit. */
  enum Overflow {
    WRAP,
    SAT,
    FAIL
  }

  /** Parses the type, offset and operand from argument {@code i} on. */
  static BitField of(Call call, Operation operation, Overflow overflow, int i) {
    long type = call.argAddress(i + 1);
    int length = call.argLength(i + 1);
    int letter = length > 0 ? Region.getByte(type) : 0;
    boolean signed = letter == 'i';
    long bits =
        signed || letter == 'u' ? Numbers.parseLong(Region.MEMORY, type + 1, length - 1, 0) : 0;
    if (bits < 1 || bits > (signed ? Long.SIZE : Long.SIZE - 1)) {
      throw NO_TYPE;
    }
    long offset = BitOffset.ofField(call, i + 2, (int) bits);
    long operand = operation == Operation.GET ? 0 : call.argLong(i + 3);
    return new BitField(operation, overflow, signed, (int) bits, offset, operand);
  }

  /** Returns the index of the byte that has the first bit. */
  int startByte() {
    return (int) (offset >>> 3);
  }

  /** Returns the length of the shortest string that contains the field, in bytes. */
  int endBytes() {
    return (int) ((offset + bits - 1) >>> 3) + 1;
  }

  /** Reads the field from a string; bits beyond its end are 0. */
  long read(long address, int lengthBytes) {
    return extended(Bits.getField(address, lengthBytes, offset, bits));
  }

  /** Writes a value that fits. */
  void write(long address, long value) {
    Bits.putField(address, offset, bits, value);
  }

  /** Returns true if the result of SET or INCRBY does not fit. */
  boolean overflows(long old) {
    return direction(old) != 0;
  }

  /** Returns the result of SET or INCRBY; with {@link Overflow#FAIL} it must fit. */
  long result(long old) {
    int direction = direction(old);
    if (direction == 0 || overflow != Overflow.SAT) {
      return extended(operation == Operation.SET ? operand : old + operand);
    }
    return direction > 0 ? highest() : lowest();
  }

  /** Returns 1 if the result exceeds the maximum, -1 if it is below the minimum, else 0. */
  private int direction(long old) {
    if (operation == Operation.SET) {
      if (operand > highest() || (!signed && operand < 0)) {
        return 1; // as an unsigned value, it is too large
      }
      return operand < lowest() ? -1 : 0;
    }
    long sum = old + operand;
    if (((old ^ sum) & (operand ^ sum)) < 0) {
      return operand > 0 ? 1 : -1;
    }
    if (sum > highest()) {
      return 1;
    }
    return sum < lowest() ? -1 : 0;
  }

  private long highest() {
    return Long.MAX_VALUE >>> (signed ? Long.SIZE - bits : Long.SIZE - 1 - bits);
  }

  private long lowest() {
    return signed ? -highest() - 1 : 0;
  }

  /** Truncates a value to the field's width, with the sign extended if it has one. */
  private long extended(long value) {
    int unused = Long.SIZE - bits;
    return signed ? value << unused >> unused : value << unused >>> unused;
  }
}
