package io.redoubt.server.script;

import io.redoubt.server.memory.Region;

/**
 * The stacks of Lua's threads, read and written in place, because a call of Lua's C API takes
 * several times as long. They lie in the region as all of Lua's memory does, so a wrong address
 * can't crash the process. The layout is that of lstate.h and lobject.h of Lua 5.1 on 64-bit
 * platforms; {@link LuaState} compares it with the library's.
 *
 * <p>A positive index counts from the first argument, a negative one from the top, as in the C API;
 * there are no pseudo-indices here.
 */
final class LuaStack {

  // lua_State: the address after the topmost value, that of the first argument, and the call.
  private static final int TOP = 16;
  private static final int BASE = 24;
  private static final int CALL = 40;

  // CallInfo: the address up to which the stack is checked.
  private static final int CALL_TOP = 16;

  // TValue: a number, an address or an int, and the type.
  static final int VALUE_BYTES = 16;
  private static final int TYPE = 8;

  // TString: the length, and the bytes.
  private static final int STRING_LENGTH = 16;
  private static final int STRING_BYTES = 24;

  // Table: the address and the length of the array part.
  private static final int ARRAY = 24;
  private static final int ARRAY_LENGTH = 56;

  /** The type of an index above the top, LUA_TNONE. */
  private static final int NONE = -1;

  private static final int ADDRESS = 2;

  private LuaStack() {}

  /** Returns the region address of an object of Lua. */
  static long region(long address) {
    return address - Region.MEMORY.address();
  }

  private static long topOf(long L) {
    return region(Region.getLong(region(L) + TOP));
  }

  private static void setTopOf(long L, long top) {
    Region.putLong(region(L) + TOP, top + Region.MEMORY.address());
  }

  private static long baseOf(long L) {
    return region(Region.getLong(region(L) + BASE));
  }

  /** Returns the region address of a value. */
  private static long at(long L, int index) {
    return index > 0
        ? baseOf(L) + (index - 1L) * VALUE_BYTES
        : topOf(L) + (long) index * VALUE_BYTES;
  }

  /** Returns the region address of the first argument; the others follow in steps. */
  static long first(long L) {
    return baseOf(L);
  }

  /** Returns the type of the value at a region address. */
  static int typeAt(long value) {
    return Region.getInt(value + TYPE);
  }

  /** Returns the number at a region address. */
  static double numberAt(long value) {
    return Double.longBitsToDouble(Region.getLong(value));
  }

  /** Returns the region address of the string at a region address. */
  static long stringAt(long value) {
    return region(Region.getLong(value));
  }

  /** Returns the region address of the bytes of a string from {@link #stringAt}. */
  static long bytesOf(long string) {
    return string + STRING_BYTES;
  }

  /** Returns the length of a string from {@link #stringAt}. */
  static int lengthOf(long string) {
    return Region.getInt(string + STRING_LENGTH);
  }

  /** Returns true if there is certainly room for more values. */
  static boolean hasRoom(long L, int extra) {
    long call = region(Region.getLong(region(L) + CALL));
    return topOf(L) + (long) extra * VALUE_BYTES <= region(Region.getLong(call + CALL_TOP));
  }

  /** Returns the number of values. */
  static int top(long L) {
    return (int) ((topOf(L) - baseOf(L)) / VALUE_BYTES);
  }

  /** Sets the height of the stack. */
  static void setTop(long L, int index) {
    long top = topOf(L);
    long target =
        index >= 0 ? baseOf(L) + (long) index * VALUE_BYTES : top + (index + 1L) * VALUE_BYTES;
    for (long value = top; value < target; value += VALUE_BYTES) {
      Region.putInt(value + TYPE, Lua.NIL);
    }
    setTopOf(L, target);
  }

  /** Returns the type of a value, -1 above the top. */
  static int type(long L, int index) {
    long value = at(L, index);
    return value < topOf(L) ? typeAt(value) : NONE;
  }

  /** Returns true if the value is a number. */
  static boolean isNumber(long L, int index) {
    return type(L, index) == Lua.NUMBER;
  }

  /** Returns a number. */
  static double number(long L, int index) {
    return Double.longBitsToDouble(Region.getLong(at(L, index)));
  }

  /** Returns false for false and nil, true otherwise. */
  static boolean isTrue(long L, int index) {
    int type = type(L, index);
    return type == Lua.BOOLEAN ? Region.getInt(at(L, index)) != 0 : type > Lua.NIL;
  }

  /** Returns the address of a string's bytes. */
  static long string(long L, int index) {
    return Region.getLong(at(L, index)) + STRING_BYTES;
  }

  /** Returns the length of a string. */
  static long stringLength(long L, int index) {
    return Region.getLong(object(L, index) + STRING_LENGTH);
  }

  /** Returns the region address of a table, function or another object. */
  static long object(long L, int index) {
    return region(Region.getLong(at(L, index)));
  }

  private static void push(long L, long value, int type) {
    long top = topOf(L);
    Region.putLong(top, value);
    Region.putInt(top + TYPE, type);
    setTopOf(L, top + VALUE_BYTES);
  }

  static void pushNil(long L) {
    push(L, 0, Lua.NIL);
  }

  static void pushNumber(long L, double number) {
    push(L, Double.doubleToRawLongBits(number), Lua.NUMBER);
  }

  static void pushBoolean(long L, boolean value) {
    push(L, value ? 1 : 0, Lua.BOOLEAN);
  }

  /** Pushes an address as light user data. */
  static void pushAddress(long L, long address) {
    push(L, address, ADDRESS);
  }

  /** Pushes a copy of a value. */
  static void copy(long L, int index) {
    pushFrom(L, at(L, index));
  }

  private static void pushFrom(long L, long value) {
    push(L, Region.getLong(value), typeAt(value));
  }

  /** Moves the top value to an index. */
  static void insert(long L, int index) {
    long place = at(L, index);
    long last = topOf(L) - VALUE_BYTES;
    long value = Region.getLong(last);
    int type = typeAt(last);
    Region.copy(place, place + VALUE_BYTES, last - place);
    Region.putLong(place, value);
    Region.putInt(place + TYPE, type);
  }

  /** Removes a value. */
  static void remove(long L, int index) {
    long place = at(L, index);
    long last = topOf(L) - VALUE_BYTES;
    Region.copy(place + VALUE_BYTES, place, last - place);
    setTopOf(L, last);
  }

  /** Pushes an element of a table if it is in the array part; returns false if it isn't. */
  static boolean pushElement(long L, int index, int n) {
    long table = object(L, index);
    if (n <= 0 || n > Region.getInt(table + ARRAY_LENGTH)) {
      return false;
    }
    pushFrom(L, region(Region.getLong(table + ARRAY)) + (n - 1L) * VALUE_BYTES);
    return true;
  }
}
