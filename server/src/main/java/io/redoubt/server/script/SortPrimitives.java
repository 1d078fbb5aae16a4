package io.redoubt.server.script;

import java.util.Arrays;

/** The primitives of table.sort. */
final class SortPrimitives {

  /** More take a millisecond, and sorting them would need memory. */
  private static final int MAX_NUMBERS = 4000;

  private static final long NEGATIVE_ZERO = Double.doubleToRawLongBits(-0.0);

  private double[] numbers = {};

  /**
   * has_long_string(table, count, bytes): returns true if one of the first elements is a string of
   * more bytes.
   */
  static int hasLongString(long state) {
    int count = (int) Lua.number(state, 2);
    long bytes = (long) Lua.number(state, 3);
    boolean found = false;
    for (int i = 1; i <= count && !found; i++) {
      Lua.rawGet(state, 1, i);
      found = Lua.type(state, -1) == Lua.STRING && Lua.length(state, -1) > bytes;
      Lua.setTop(state, 3);
    }
    Lua.pushBoolean(state, found ? 1 : 0);
    return 1;
  }

  /**
   * sort_numbers(table, count, descending): sorts the first elements and returns true if they are
   * numbers of which Lua's own algorithm makes the same order: neither NaN nor -0. Otherwise this
   * returns false and changes nothing.
   */
  int sortNumbers(long state) {
    int count = (int) Lua.number(state, 2);
    boolean descending = Lua.bool(state, 3) != 0;
    boolean sorted = count <= MAX_NUMBERS && read(state, count);
    if (sorted) {
      Arrays.sort(numbers, 0, count);
      for (int i = 0; i < count; i++) {
        Lua.pushNumber(state, numbers[descending ? count - 1 - i : i]);
        Lua.rawSet(state, 1, i + 1);
      }
    }
    Lua.pushBoolean(state, sorted ? 1 : 0);
    return 1;
  }

  /** is_same_code(function, other): see {@link CompiledCode#isSame}. */
  static int isSameCode(long state) {
    boolean same = CompiledCode.isSame(LuaStack.object(state, 1), LuaStack.object(state, 2));
    Lua.pushBoolean(state, same ? 1 : 0);
    return 1;
  }

  private boolean read(long state, int count) {
    for (int i = 0; i < count; i++) {
      Lua.rawGet(state, 1, i + 1);
      boolean isNumber = LuaStack.isNumber(state, -1);
      double number = isNumber ? LuaStack.number(state, -1) : 0;
      Lua.setTop(state, 3);
      if (!isNumber
          || Double.isNaN(number)
          || Double.doubleToRawLongBits(number) == NEGATIVE_ZERO) {
        return false;
      }
      if (i == numbers.length) {
        numbers = Arrays.copyOf(numbers, Math.min(MAX_NUMBERS, Math.max(64, 2 * i)));
      }
      numbers[i] = number;
    }
    return true;
  }
}
