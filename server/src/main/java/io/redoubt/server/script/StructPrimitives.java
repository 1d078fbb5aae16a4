package io.redoubt.server.script;

import io.redoubt.server.memory.Region;

/**
 * The functions of the library {@code struct}: they put values into bytes and take them out, by
 * Roberto Ierusalimschy's formats. The options of a format are
 *
 * <pre>
 *   &lt; &gt;    little-endian (initially), big-endian
 *   !n      aligned to at most n bytes, initially 1
 *   x       a zero byte
 *   b B h H l L T in In   signed and unsigned integers of 1, 2, 8, 8 and n bytes
 *   f d     floating-point numbers of 4 and 8 bytes
 *   s       a string that a zero byte ends
 *   cn      n bytes of a string; c0 all of them, or as many as the integer before says
 * </pre>
 */
final class StructPrimitives {
  /** The type of an argument that was not passed. */
  private static final int MISSING = -1;

  private static final int NATIVE_ALIGNMENT = 8;
  private static final int USUAL_INTEGER_BYTES = 4;
  private static final int MAX_INTEGER_BYTES = 32;

  /** The names of Lua's types, from that of a missing value on. */
  private static final String[] TYPES = {
    "no value",
    "nil",
    "boolean",
    "userdata",
    "number",
    "string",
    "table",
    "function",
    "userdata",
    "thread"
  };

  private final LuaState lua;
  private final ScriptBudget budget;
  private final ScriptOutput out;

  private long state;
  private String function = "";
  private int arguments;

  // The rest of the format, and what its options have set so far.
  private long at;
  private long end;
  private boolean little;
  private int alignment;

  // The current option.
  private int option;
  private long size;

  StructPrimitives(LuaState lua, ScriptBudget budget, ScriptOutput out) {
    this.lua = lua;
    this.budget = budget;
    this.out = out;
  }

  // The format, argument 1.

  private void begin(long running, String name) {
    state = running;
    function = name;
    arguments = Lua.top(state) - 1; // above them is true
    at = string(1);
    end = at + LuaState.length(state, 1);
    little = true;
    alignment = 1;
  }

  /** Reads the next option and its size; returns false at the end. */
  private boolean next() {
    if (at == end || Region.getByte(at) == 0) {
      return false;
    }
    budget.value();
    option = Region.getUnsignedByte(at++);
    size =
        switch (option) {
          case 'b', 'B', 'x' -> 1;
          case 'h', 'H' -> 2;
          case 'f' -> 4;
          case 'l', 'L', 'T', 'd' -> 8;
          case 'c' -> digits(1);
          case 'i', 'I' -> integerBytes();
          default -> 0;
        };
    return true;
  }

  private long digits(int ifNone) {
    long number = 0;
    long start = at;
    for (; at < end && isDigit(Region.getByte(at)); at++) {
      number = number * 10 + Region.getByte(at) - '0';
      if (number > Integer.MAX_VALUE) {
        throw new ScriptBudget.Refused("integral size overflow");
      }
    }
    return at == start ? ifNone : number;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private long integerBytes() {
    long bytes = digits(USUAL_INTEGER_BYTES);
    if (bytes > MAX_INTEGER_BYTES) {
      throw new ScriptBudget.Refused(
          "integral size " + bytes + " is larger than limit of " + MAX_INTEGER_BYTES);
    }
    return bytes;
  }

  /** Returns the number of bytes that align the current option at an offset. */
  private long padding(long offset) {
    if (size == 0 || option == 'c') {
      return 0;
    }
    long unit = Math.min(size, alignment);
    return (unit - (offset & (unit - 1))) & (unit - 1);
  }

  private boolean isInteger() {
    return switch (option) {
      case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I' -> true;
      default -> false;
    };
  }

  /** Applies an option that has no value. */
  private void control() {
    switch (option) {
      case ' ' -> {}
      case '>' -> little = false;
      case '<' -> little = true;
      case '!' -> {
        long wanted = digits(NATIVE_ALIGNMENT);
        if (Long.bitCount(wanted) != 1) {
          throw new ScriptBudget.Refused("alignment " + wanted + " is not a power of 2");
        }
        alignment = (int) wanted;
      }
      default -> throw bad(1, "invalid format option '" + (char) option + "'");
    }
  }

  // Arguments.

  private ScriptBudget.Refused bad(int argument, String problem) {
    return new ScriptBudget.Refused(
        "bad argument #" + argument + " to '" + function + "' (" + problem + ")");
  }

  private ScriptBudget.Refused expected(String kind, int argument, int type) {
    // The library leaves a nil behind the arguments of pack.
    boolean isNil = type == MISSING && argument > 1 && function.equals("pack");
    return bad(argument, kind + " expected, got " + TYPES[isNil ? 1 : type + 1]);
  }

  private int type(int argument) {
    return argument > arguments ? MISSING : Lua.type(state, argument);
  }

  /** Returns the region address of an argument, a string or a number, which becomes a string. */
  private long string(int argument) {
    int type = type(argument);
    if (type == Lua.NUMBER) {
      Lua.stringOf(state, argument);
    } else if (type != Lua.STRING) {
      throw expected("string", argument, type);
    }
    return lua.bytes(state, argument);
  }

  /** Returns the value of an argument, a number or the text of one. */
  private double number(int argument) {
    int type = type(argument);
    if (type != Lua.NUMBER && (type != Lua.STRING || Lua.isNumber(state, argument) == 0)) {
      throw expected("number", argument, type);
    }
    return Lua.number(state, argument);
  }

  // pack(format, ...)

  /** Pushes the bytes of the arguments behind the format. */
  void pack(long running) {
    begin(running, "pack");
    int argument = 1;
    long done = 0;
    while (next()) {
      long padding = padding(done);
      zeros(padding);
      if (isInteger()) {
        putInteger(bits(number(++argument)));
      } else if (option == 'f') {
        putInteger(Float.floatToRawIntBits((float) number(++argument)));
      } else if (option == 'd') {
        putInteger(Double.doubleToRawLongBits(number(++argument)));
      } else if (option == 'c' || option == 's') {
        putString(++argument);
      } else if (option == 'x') {
        zeros(1);
      } else {
        control();
      }
      done += padding + size;
    }
    out.push();
  }

  private void zeros(long count) {
    for (long i = 0; i < count; i++) {
      out.put(0);
    }
  }

  /** Converts a number as C on this hardware does. */
  private static long bits(double number) {
    if (number >= 0x1p63) {
      double rest = number - 0x1p63;
      return (rest < 0x1p63 ? (long) rest : Long.MIN_VALUE) ^ Long.MIN_VALUE;
    }
    return Double.isNaN(number) ? Long.MIN_VALUE : (long) number;
  }

  /** Appends an integer of {@link #size} bytes; those beyond eight are zero. */
  private void putInteger(long value) {
    for (int i = 0; i < size; i++) {
      int shift = 8 * (little ? i : (int) size - 1 - i);
      out.put(shift < Long.SIZE ? (int) (value >>> shift) : 0);
    }
  }

  private void putString(int argument) {
    long text = string(argument);
    long length = LuaState.length(state, argument);
    if (option == 's') {
      size = length + 1;
    } else if (size == 0) {
      size = length;
    } else if (length < size) {
      throw bad(argument + 1, "string too short"); // the library has advanced already
    }
    long copied = Math.min(size, length);
    budget.work(copied);
    out.put(text, copied);
    zeros(size - copied);
  }

  // unpack(format, bytes, position)

  /** Pushes the values in argument 2, and the position behind them. */
  void unpack(long running) {
    begin(running, "unpack");
    long bytes = string(2);
    long length = LuaState.length(state, 2);
    double given = type(3) <= Lua.NIL ? 1 : number(3);
    long position = Double.isNaN(given) ? Long.MIN_VALUE : (long) given; // as x86-64 converts it
    if (position == 0) {
      throw bad(3, "offset must be 1 or greater");
    }
    position--;
    int results = 0;
    while (next()) {
      position += padding(position);
      require(position, length);
      if (Lua.room(state, 2) == 0) {
        throw new ScriptBudget.Refused("stack overflow (too many results)");
      }
      if (isInteger()) {
        Lua.pushNumber(state, integer(bytes + position));
        results++;
      } else if (option == 'f') {
        Lua.pushNumber(state, Float.intBitsToFloat((int) unsigned(bytes + position)));
        results++;
      } else if (option == 'd') {
        Lua.pushNumber(state, Double.longBitsToDouble(unsigned(bytes + position)));
        results++;
      } else if (option == 'c') {
        if (size == 0) {
          size = previous(results--);
          require(position, length);
        }
        budget.pushString(bytes + position, size);
        results++;
      } else if (option == 's') {
        size = untilZero(bytes + position, bytes + length);
        budget.pushString(bytes + position, size - 1);
        results++;
      } else if (option != 'x') {
        control();
      }
      position += size;
    }
    Lua.pushNumber(state, position + 1.0);
  }

  private void require(long position, long length) {
    if (position < 0 || size < 0 || size > length || position > length - size) {
      throw bad(2, "data string too short");
    }
  }

  /** Pops the number that was pushed last: the size of the string that follows. */
  private long previous(int results) {
    if (results == 0 || Lua.isNumber(state, -1) == 0) {
      throw new ScriptBudget.Refused("format 'c0' needs a previous size");
    }
    long previous = bits(Lua.number(state, -1));
    Lua.setTop(state, -2);
    return previous;
  }

  private long untilZero(long start, long limit) {
    long last = start;
    while (last < limit && Region.getByte(last) != 0) {
      last++;
    }
    budget.work(last - start);
    if (last == limit) {
      throw new ScriptBudget.Refused("unfinished string in data");
    }
    return last - start + 1;
  }

  /** Returns the last eight of {@link #size} bytes as a number. */
  private long unsigned(long address) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 8 | Region.getUnsignedByte(address + (little ? size - 1 - i : i));
    }
    return value;
  }

  private double integer(long address) {
    long value = unsigned(address);
    if (option >= 'a') { // signed
      long sign = -1L << (8 * size - 1);
      return (value & sign) == 0 ? value : value | sign;
    }
    return value >= 0 ? value : ((value >>> 1) | (value & 1)) * 2.0;
  }

  // size(format)

  /** Pushes the number of bytes that a format takes. */
  void size(long running) {
    begin(running, "size");
    long total = 0;
    while (next()) {
      total += padding(total);
      if (option == 's') {
        throw bad(1, "option 's' has no fixed size");
      } else if (option == 'c' && size == 0) {
        throw bad(1, "option 'c0' has no fixed size");
      } else if (!isLetterOrDigit(option)) {
        control();
      }
      total += size;
    }
    Lua.pushNumber(state, total);
  }

  private static boolean isLetterOrDigit(int c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
