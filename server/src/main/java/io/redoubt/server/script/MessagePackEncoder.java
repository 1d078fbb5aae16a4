package io.redoubt.server.script;

/** Writes Lua values as MessagePack as lua-cmsgpack 0.4.0 does. */
final class MessagePackEncoder {

  /** Tables that are nested more deeply are written as nil. */
  private static final int MAX_NESTING = 16;

  /** The stack slots that a level of nesting needs. */
  private static final int LEVEL_SLOTS = 4;

  private static final int NIL = 0xc0;
  private static final int FALSE = 0xc2;
  private static final int TRUE = 0xc3;
  private static final int FLOAT = 0xca;
  private static final int DOUBLE = 0xcb;
  private static final int UNSIGNED = 0xcc;
  private static final int SIGNED = 0xd0;
  private static final int SHORT_STRING = 0xa0;
  private static final int STRING = 0xd9;
  private static final int SHORT_ARRAY = 0x90;
  private static final int ARRAY = 0xdc;
  private static final int SHORT_MAP = 0x80;
  private static final int MAP = 0xde;

  private final LuaState lua;
  private final ScriptBudget budget;
  private final ScriptOutput out;
  private long state;

  MessagePackEncoder(LuaState lua, ScriptBudget budget, ScriptOutput out) {
    this.lua = lua;
    this.budget = budget;
    this.out = out;
  }

  /** Appends the value on top of the stack to the output, and pops it. */
  void encode(long running) {
    state = running;
    write(0);
  }

  private void write(int level) {
    budget.value();
    switch (Lua.type(state, -1)) {
      case Lua.BOOLEAN -> out.put(Lua.bool(state, -1) != 0 ? TRUE : FALSE);
      case Lua.NUMBER -> writeNumber(Lua.number(state, -1));
      case Lua.STRING -> writeString();
      case Lua.TABLE -> writeTable(level);
      default -> out.put(NIL);
    }
    Lua.setTop(state, -2);
  }

  private void writeTable(int level) {
    if (level == MAX_NESTING || Lua.room(state, LEVEL_SLOTS) == 0) {
      out.put(NIL);
      return;
    }
    int fields = 0;
    double highest = 0;
    boolean array = true;
    Lua.pushNil(state);
    while (Lua.next(state, -2) != 0) {
      budget.value();
      Lua.setTop(state, -2);
      double key = Lua.type(state, -1) == Lua.NUMBER ? Lua.number(state, -1) : 0;
      array = array && key > 0 && key == Math.floor(key);
      highest = Math.max(highest, key);
      fields++;
    }
    if (array && highest == fields) {
      writeHead(fields, SHORT_ARRAY, ARRAY);
      for (int i = 1; i <= fields; i++) {
        Lua.rawGet(state, -1, i);
        write(level + 1);
      }
    } else {
      writeHead(fields, SHORT_MAP, MAP);
      Lua.pushNil(state);
      while (Lua.next(state, -2) != 0) {
        Lua.copy(state, -2);
        write(level + 1);
        write(level + 1);
      }
    }
  }

  /** Writes the number of elements; the mark of four bytes follows that of two. */
  private void writeHead(int count, int shortMark, int mark) {
    if (count <= 15) {
      out.put(shortMark + count);
    } else if (count <= 0xffff) {
      out.put(mark);
      out.putBigEndian(count, 2);
    } else {
      out.put(mark + 1);
      out.putBigEndian(count, 4);
    }
  }

  private void writeString() {
    int length = LuaState.length(state, -1);
    if (length < 32) {
      out.put(SHORT_STRING + length);
    } else if (length <= 0xff) {
      out.put(STRING);
      out.put(length);
    } else if (length <= 0xffff) {
      out.put(STRING + 1);
      out.putBigEndian(length, 2);
    } else {
      out.put(STRING + 2);
      out.putBigEndian(length, 4);
    }
    budget.work(length);
    out.put(lua.bytes(state, -1), length);
  }

  private void writeNumber(double value) {
    if (value == Math.floor(value) && value >= -0x1p63 && value < 0x1p63) {
      writeInteger((long) value);
    } else if ((float) value == value) {
      out.put(FLOAT);
      out.putBigEndian(Float.floatToRawIntBits((float) value), 4);
    } else {
      out.put(DOUBLE);
      out.putBigEndian(Double.doubleToRawLongBits(value), 8);
    }
  }

  /** Writes an integer in the fewest bytes. */
  private void writeInteger(long n) {
    if (n >= -32 && n <= 127) {
      out.put((int) n);
      return;
    }
    int size = 0; // the logarithm of the number of bytes
    if (n >= 0) {
      while (size < 3 && n >>> (8 << size) != 0) {
        size++;
      }
      out.put(UNSIGNED + size);
    } else {
      while (size < 3 && n >> ((8 << size) - 1) != -1) {
        size++;
      }
      out.put(SIGNED + size);
    }
    out.putBigEndian(n, 1 << size);
  }
}
