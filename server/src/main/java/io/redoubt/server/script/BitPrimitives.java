package io.redoubt.server.script;

import java.util.function.IntBinaryOperator;

/** The primitives from which the prelude builds the library bit. */
final class BitPrimitives {
  private final LuaState lua;

  BitPrimitives(LuaState lua) {
    this.lua = lua;
  }

  /** Adds the operations to the table on top of the main stack. */
  void define() {
    define("bit_and", (a, b) -> a & b);
    define("bit_or", (a, b) -> a | b);
    define("bit_xor", (a, b) -> a ^ b);
    define("bit_left", (a, b) -> a << b);
    define("bit_right", (a, b) -> a >>> b);
    define("bit_signed_right", (a, b) -> a >> b);
    define("bit_rotate_left", Integer::rotateLeft);
    define("bit_rotate_right", Integer::rotateRight);
    define("bit_swap", (a, b) -> Integer.reverseBytes(a));
  }

  /**
   * Defines a 32-bit operation: name(a, b) returns its result; nothing unless it gets two numbers,
   * which may be texts. It is not guarded, since it neither allocates nor fails.
   */
  private void define(String name, IntBinaryOperator operation) {
    lua.pushText(lua.main(), name);
    lua.push(state -> {
      double a = Lua.number(state, 1);
      double b = Lua.number(state, 2);
      if (Lua.top(state) > 2 || isNoNumber(state, 1, a) || isNoNumber(state, 2, b)) {
        return 0;
      }
      Lua.pushNumber(state, operation.applyAsInt(bits(a), bits(b)));
      return 1;
    });
    Lua.rawSet(lua.main(), -3);
  }

  /** Returns true if a value has been taken for 0 without being a number. */
  private static boolean isNoNumber(long state, int index, double value) {
    return value == 0 && Lua.isNumber(state, index) == 0;
  }

  /**
   * Returns the lower 32 bits of a number after rounding it to an integer, as BitOp does: the sum
   * has them at its end. From 2<sup>51</sup> on they are those of a coarser sum.
   */
  private static int bits(double number) {
    return (int) Double.doubleToRawLongBits(number + 0x1.8p52);
  }
}
