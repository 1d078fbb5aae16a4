package io.redoubt.server.command.bitmap;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;
import io.redoubt.server.memory.Region;
import io.redoubt.server.structure.Bits;

/**
 * An operation of BITFIELD on a number in a string.
 *
 * @param signed whether the number has a sign, in two's complement
 * @param bits how long it is, 1 to 64, with no sign to 63
 * @param offset where it starts, in bits
 * @param operand what is written or added
 */
record BitField(
    Operation operation, Overflow overflow, boolean signed, int bits, long offset, long operand) {
  private static final CommandError NO_TYPE =
      new CommandError(
          "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but"
              + " i64 is.");

  /** What is done. */
  enum Operation {
    GET,
    SET,
    INCRBY
  }

  /** What becomes of a number that does not fit. */
  enum Overflow {
    WRAP,
    SAT,
    FAIL
  }

  /** The operation whose words begin with argument {@code i}. */
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

  /** The byte of a string that it begins in. */
  int startByte() {
    return (int) (offset >>> 3);
  }

  /** How many bytes a string has at the least that it lies in. */
  int endBytes() {
    return (int) ((offset + bits - 1) >>> 3) + 1;
  }

  /** The number in a string. */
  long read(long address, int lengthBytes) {
    return extended(Bits.getField(address, lengthBytes, offset, bits));
  }

  /** Writes a number that fits. */
  void write(long address, long value) {
    Bits.putField(address, offset, bits, value);
  }

  /** Whether the number would not fit that SET or INCRBY makes of what it was. */
  boolean overflows(long old) {
    return direction(old) != 0;
  }

  /** The number that SET or INCRBY makes of what it was, with {@link Overflow#FAIL} if it fits. */
  long result(long old) {
    int direction = direction(old);
    if (direction == 0 || overflow != Overflow.SAT) {
      return extended(operation == Operation.SET ? operand : old + operand);
    }
    return direction > 0 ? highest() : lowest();
  }

  /** Positive when the result lies above what fits, negative when below. */
  private int direction(long old) {
    if (operation == Operation.SET) {
      if (operand > highest() || (!signed && operand < 0)) {
        return 1; // a number without sign is never below
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

  /** The low bits of a number, and what the others are then. */
  private long extended(long value) {
    int unused = Long.SIZE - bits;
    return signed ? value << unused >> unused : value << unused >>> unused;
  }
}
