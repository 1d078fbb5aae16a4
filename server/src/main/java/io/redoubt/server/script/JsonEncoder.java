package io.redoubt.server.script;

import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.server.memory.Region;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Writes Lua values as JSON as lua-cjson 2.1 does, with its error messages. It keeps the open
 * tables on Lua's stack rather than on Java's, so that their depth is limited as in C.
 */
final class JsonEncoder {

  /** The settings that cjson's functions change. */
  record Settings(
      int maxDepth,
      boolean sparseToObject,
      double sparseRatio,
      double sparseSafe,
      int precision,
      InvalidNumbers invalidNumbers) {}

  /** The treatment of NaN and infinities. */
  enum InvalidNumbers {
    REFUSED,
    NULL,
    WRITTEN
  }

  private static final int LIGHT_USERDATA = 2;
  private static final String[] TYPES = {
    "nil", "boolean", "userdata", "number", "string", "table", "function", "userdata", "thread"
  };

  /** The stack slots that an open table needs: itself, a key, a value and a copy of a number. */
  private static final int OPEN_SLOTS = 4;

  /** The precision of Lua's own conversion of numbers. */
  private static final int LUA_PRECISION = 14;

  /** The decimal places of a number that is written without Lua. */
  private static final int MAX_PLACES = 6;

  /** Smaller numbers have an exponent. */
  private static final double LEAST_FRACTION = 1e-4;

  /** The longest number in bytes, and the longest escape. */
  private static final int NUMBER_BYTES = 32;

  private static final int RUN_BYTES = 1 << 12;

  /** The length that marks a table as an object. */
  private static final int OBJECT = -1;

  private static final double[] POWERS_OF_TEN = {
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14
  };

  private static final String[] ESCAPES = new String[128];

  static {
    for (int c = 0; c < ' '; c++) {
      ESCAPES[c] = "\\u00" + HexFormat.of().toHexDigits((byte) c);
    }
    ESCAPES['"'] = "\\\"";
    ESCAPES['\\'] = "\\\\";
    ESCAPES['/'] = "\\/";
    ESCAPES['\b'] = "\\b";
    ESCAPES['\f'] = "\\f";
    ESCAPES['\n'] = "\\n";
    ESCAPES['\r'] = "\\r";
    ESCAPES['\t'] = "\\t";
    ESCAPES[127] = "\\u007f";
  }

  private final LuaState lua;
  private final ScriptBudget budget;
  private final ScriptOutput out;

  private long state;
  private Settings settings = new Settings(0, false, 0, 0, 0, InvalidNumbers.REFUSED);

  // For each open table its length as an array, or OBJECT; and how many of its values were begun.
  private int[] lengths = new int[8];
  private int[] begun = new int[8];
  private int depth;

  JsonEncoder(LuaState lua, ScriptBudget budget, ScriptOutput out) {
    this.lua = lua;
    this.budget = budget;
    this.out = out;
  }

  /**
   * Appends the value on top of the stack to the output, and pops it.
   *
   * @throws ScriptBudget.Refused with lua-cjson's message if it can't be written
   */
  void encode(long running, Settings chosen) {
    state = running;
    settings = chosen;
    depth = 0;
    do {
      if (write()) {
        advance();
      }
    } while (depth > 0);
  }

  /**
   * Leaves the next value of the innermost open table on top; tables without a further value are
   * closed.
   */
  private void advance() {
    while (depth > 0) {
      boolean first = begun[depth - 1]++ == 0;
      if (lengths[depth - 1] == OBJECT) {
        if (Lua.next(state, -2) != 0) {
          if (!first) {
            out.put(',');
          }
          writeKey();
          out.put(':');
          return;
        }
        out.put('}');
      } else {
        if (begun[depth - 1] <= lengths[depth - 1]) {
          if (!first) {
            out.put(',');
          }
          Lua.rawGet(state, -1, begun[depth - 1]);
          return;
        }
        out.put(']');
      }
      Lua.setTop(state, -2);
      depth--;
    }
  }

  /** Writes the value on top and pops it; returns false if it is a table, which was opened. */
  private boolean write() {
    budget.value();
    int type = Lua.type(state, -1);
    switch (type) {
      case Lua.NIL, LIGHT_USERDATA -> out.put("null"); // the only address of scripts is cjson.null
      case Lua.BOOLEAN -> out.put(Lua.bool(state, -1) != 0 ? "true" : "false");
      case Lua.NUMBER -> writeNumber(-1);
      case Lua.STRING -> writeString(-1);
      case Lua.TABLE -> {
        open();
        return false;
      }
      default -> throw refused(TYPES[type], "type not supported");
    }
    Lua.setTop(state, -2);
    return true;
  }

  private void open() {
    if (depth >= settings.maxDepth() || Lua.room(state, OPEN_SLOTS) == 0) {
      throw new ScriptBudget.Refused("Cannot serialise, excessive nesting (" + (depth + 1) + ")");
    }
    if (depth == lengths.length) {
      lengths = Arrays.copyOf(lengths, 2 * depth);
      begun = Arrays.copyOf(begun, 2 * depth);
    }
    int length = arrayLength();
    if (length <= 0) {
      length = OBJECT;
      out.put('{');
      Lua.pushNil(state);
    } else {
      out.put('[');
    }
    lengths[depth] = length;
    begun[depth] = 0;
    depth++;
    advance();
  }

  /** Returns the length of the table on top if it is an array, otherwise OBJECT or less. */
  private int arrayLength() {
    int highest = 0;
    int count = 0;
    Lua.pushNil(state);
    while (Lua.next(state, -2) != 0) {
      budget.value();
      Lua.setTop(state, -2);
      double key = Lua.type(state, -1) == Lua.NUMBER ? Lua.number(state, -1) : 0;
      if (key <= 0 || key != Math.floor(key)) {
        Lua.setTop(state, -2);
        return OBJECT;
      }
      if (key > highest) {
        // C's conversion on x86: a table with such a key becomes an object, unless others follow.
        highest = key > Integer.MAX_VALUE ? Integer.MIN_VALUE : (int) key;
      }
      count++;
    }
    if (settings.sparseRatio() > 0
        && highest > count * settings.sparseRatio()
        && highest > settings.sparseSafe()) {
      if (!settings.sparseToObject()) {
        throw refused("table", "excessively sparse array");
      }
      return OBJECT;
    }
    return highest;
  }

  private void writeKey() {
    int type = Lua.type(state, -2);
    switch (type) {
      case Lua.STRING -> writeString(-2);
      case Lua.NUMBER -> {
        out.put('"');
        writeNumber(-2);
        out.put('"');
      }
      default -> throw refused(TYPES[type], "table key must be a number or string");
    }
  }

  private static ScriptBudget.Refused refused(String kind, String problem) {
    return new ScriptBudget.Refused("Cannot serialise " + kind + ": " + problem);
  }

  private void writeString(int index) {
    long at = lua.bytes(state, index);
    long end = at + LuaState.length(state, index);
    out.put('"');
    while (at < end) {
      long plain = at;
      long pause = Math.min(end, at + RUN_BYTES);
      int c = 0;
      while (at < pause && isPlain(c = Region.getByte(at))) {
        at++;
      }
      budget.work(at - plain);
      out.put(plain, at - plain);
      if (at < pause) {
        out.put(ESCAPES[c]);
        at++;
      }
    }
    out.put('"');
  }

  /** Returns true for a byte that is written as it is; bytes from 0x80 on are negative. */
  private static boolean isPlain(int c) {
    return c < 0 || ESCAPES[c] == null;
  }

  // Numbers, as printf's %.<precision>g writes them.

  private void writeNumber(int index) {
    double value = Lua.number(state, index);
    int precision = settings.precision();
    if (!Double.isFinite(value)) {
      writeInvalid(value);
    } else if (value == Math.rint(value)
        && Math.abs(value) < POWERS_OF_TEN[precision]
        && !isMinusZero(value)) {
      out.wrote(Numbers.writeLong(Region.MEMORY, out.reserve(NUMBER_BYTES), (long) value));
    } else if (precision == LUA_PRECISION && writeShortFraction(value)) {
      return;
    } else if (precision == LUA_PRECISION) {
      budget.memory(NUMBER_BYTES);
      Lua.pushNumber(state, value);
      Lua.stringOf(state, -1);
      out.put(lua.bytes(state, -1), LuaState.length(state, -1));
      Lua.setTop(state, -2);
    } else {
      out.put(rounded(value, precision));
    }
  }

  /**
   * Writes a number of few decimal places, like a price; returns false for others. If a decimal
   * number of at most 14 digits has this value as its nearest double, it is what printf writes.
   */
  private boolean writeShortFraction(double value) {
    if (Math.abs(value) < LEAST_FRACTION) {
      return false;
    }
    for (int places = 1; places <= MAX_PLACES; places++) {
      double power = POWERS_OF_TEN[places];
      double digits = Math.rint(value * power);
      if (Math.abs(digits) >= POWERS_OF_TEN[LUA_PRECISION]) {
        return false;
      }
      if (digits / power == value) {
        writeFraction((long) digits, places);
        return true;
      }
    }
    return false;
  }

  /** Writes a number without its point, and puts that in front of the last digits. */
  private void writeFraction(long digits, int places) {
    if (digits < 0) {
      out.put('-');
    }
    long whole = Math.abs(digits) / (long) POWERS_OF_TEN[places];
    out.wrote(Numbers.writeLong(Region.MEMORY, out.reserve(NUMBER_BYTES), whole));
    out.put('.');
    long rest = Math.abs(digits) % (long) POWERS_OF_TEN[places];
    for (int place = places - 1; place >= 0; place--) {
      out.put('0' + (int) (rest / (long) POWERS_OF_TEN[place] % 10));
    }
  }

  private static boolean isMinusZero(double value) {
    return value == 0 && 1 / value < 0;
  }

  private void writeInvalid(double value) {
    switch (settings.invalidNumbers()) {
      case REFUSED -> throw refused("number", "must not be NaN or Inf");
      case NULL -> out.put("null");
      case WRITTEN -> out.put(Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
  }

  private static String rounded(double value, int precision) {
    if (value == 0) {
      return "-0";
    }
    BigDecimal exact = new BigDecimal(value);
    BigDecimal digits = exact.round(new MathContext(precision, RoundingMode.HALF_EVEN));
    int exponent = digits.precision() - digits.scale() - 1;
    digits = digits.stripTrailingZeros();
    if (exponent >= -4 && exponent < precision) {
      return digits.toPlainString();
    }
    String mantissa = digits.movePointLeft(exponent).stripTrailingZeros().toPlainString();
    String sign = exponent < 0 ? "-" : "+";
    return mantissa + "e" + sign + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
  }
}
