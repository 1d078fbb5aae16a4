package io.redoubt.server.script;

import io.redoubt.server.memory.Region;
import java.util.Arrays;

/**
 * Reads MessagePack into Lua values as lua-cmsgpack 0.4.0 does, without its type bin. It keeps the
 * open arrays and maps on Lua's stack rather than on Java's, so that their depth is limited as in
 * C.
 */
final class MessagePackDecoder {

  /** The stack slots that an open map needs: itself, a key and a value. */
  private static final int OPEN_SLOTS = 3;

  private final ScriptBudget budget;
  private long state;
  private long at;
  private long end;

  // For each open array or map: how many values it has in all, and how many were read. A map has
  // two for each field.
  private boolean[] maps = new boolean[8];
  private long[] values = new long[8];
  private long[] read = new long[8];
  private boolean[] pending = new boolean[8]; // no table yet, the values lie on the stack
  private int depth;

  MessagePackDecoder(ScriptBudget budget) {
    this.budget = budget;
  }

  /** Begins to read bytes of the region, which stay where they are meanwhile. */
  void begin(long running, long address, long length) {
    state = running;
    at = address;
    end = address + length;
  }

  /** Returns the address of the next byte. */
  long at() {
    return at;
  }

  /**
   * Pushes the next value.
   *
   * @throws ScriptBudget.Refused with cmsgpack's message if the bytes are malformed or too deep
   */
  void decode() {
    depth = 0;
    do {
      budget.value();
      if (readValue()) {
        addToOpen();
      }
    } while (depth > 0);
  }

  /** Adds the value on top to the innermost open table; complete tables are added likewise. */
  private void addToOpen() {
    while (depth > 0) {
      int level = depth - 1;
      read[level]++;
      if (pending[level]) {
        addPending(level);
      } else if (!maps[level]) {
        budget.field((int) read[level] - 1);
        Lua.rawSet(state, -2, (int) read[level]);
      } else if (read[level] % 2 == 0) {
        checkKey();
        budget.field((int) read[level] / 2 - 1);
        Lua.rawSet(state, -3);
      }
      if (read[level] < values[level]) {
        return;
      }
      depth--;
    }
  }

  /** Adds the value on top to a table that does not exist yet. */
  private void addPending(int level) {
    int count = (int) read[level];
    boolean last = count == values[level];
    boolean nil = Lua.type(state, -1) == Lua.NIL; // takes no room in a table that grows
    if (maps[level]) {
      if (count == 1) {
        return;
      }
      checkKey();
      budget.tableOfField(nil ? 0 : roomOfMap(last));
    } else if (nil) {
      Lua.setTop(state, -2);
      budget.tableOfElements(count - 1);
      Lua.pushNil(state);
      Lua.rawSet(state, -2, count);
    } else if (last || count == ScriptBudget.MAX_PENDING) {
      budget.tableOfElements(count);
    } else {
      return;
    }
    pending[level] = false;
  }

  /** Returns the first room of a map whose first key and value are on top. */
  private int roomOfMap(boolean last) {
    if (Lua.type(state, -2) != Lua.STRING) {
      return 0; // it may become an element of the array part
    }
    return !last && at < end && isString(Region.getUnsignedByte(at)) ? 2 : 1;
  }

  private static boolean isString(int mark) {
    return (mark >= 0xa0 && mark <= 0xbf) || (mark >= 0xd9 && mark <= 0xdb);
  }

  /** Refuses a key that Lua's tables don't take, with Lua's error. */
  private void checkKey() {
    int type = Lua.type(state, -2);
    if (type == Lua.NIL || (type == Lua.NUMBER && Double.isNaN(Lua.number(state, -2)))) {
      throw new ScriptBudget.Refused("table index is " + (type == Lua.NIL ? "nil" : "NaN"));
    }
  }

  /** Returns false if it opened an array or map, whose first value comes next. */
  private boolean readValue() {
    int mark = (int) unsigned(1);
    if (mark <= 0x7f || mark >= 0xe0) {
      Lua.pushNumber(state, (byte) mark);
      return true;
    }
    if (mark <= 0x8f) {
      return open(true, mark - 0x80);
    }
    if (mark <= 0x9f) {
      return open(false, mark - 0x90);
    }
    if (mark <= 0xbf) {
      readString(mark - 0xa0);
      return true;
    }
    switch (mark) {
      case 0xc0 -> Lua.pushNil(state);
      case 0xc2, 0xc3 -> Lua.pushBoolean(state, mark - 0xc2);
      case 0xca -> Lua.pushNumber(state, Float.intBitsToFloat((int) unsigned(4)));
      case 0xcb -> Lua.pushNumber(state, Double.longBitsToDouble(unsigned(8)));
      // Eight bytes are taken for a signed number, as by cmsgpack for Lua 5.1.
      case 0xcc, 0xcd, 0xce, 0xcf -> Lua.pushNumber(state, unsigned(1 << (mark - 0xcc)));
      case 0xd0, 0xd1, 0xd2, 0xd3 -> {
        int bytes = 1 << (mark - 0xd0);
        int unused = Long.SIZE - 8 * bytes;
        Lua.pushNumber(state, unsigned(bytes) << unused >> unused);
      }
      case 0xd9, 0xda, 0xdb -> readString(unsigned(1 << (mark - 0xd9)));
      case 0xdc, 0xdd -> {
        return open(false, unsigned(mark == 0xdc ? 2 : 4));
      }
      case 0xde, 0xdf -> {
        return open(true, unsigned(mark == 0xde ? 2 : 4));
      }
      default -> throw badFormat();
    }
    return true;
  }

  private boolean open(boolean map, long count) {
    if (Lua.room(state, OPEN_SLOTS) == 0) {
      throw tooMany();
    }
    if (count == 0) {
      budget.pushTable();
      return true;
    }
    if (depth == values.length) {
      maps = Arrays.copyOf(maps, 2 * depth);
      values = Arrays.copyOf(values, 2 * depth);
      read = Arrays.copyOf(read, 2 * depth);
      pending = Arrays.copyOf(pending, 2 * depth);
    }
    maps[depth] = map;
    values[depth] = map ? 2 * count : count;
    read[depth] = 0;
    pending[depth] = budget.mayBePending(depth);
    if (!pending[depth]) {
      budget.pushTable();
    }
    depth++;
    return false;
  }

  private void readString(long length) {
    if (length > end - at) {
      throw missing();
    }
    budget.pushString(at, length);
    at += length;
  }

  /** Reads a number of up to eight bytes, the highest first. */
  private long unsigned(int bytes) {
    if (bytes > end - at) {
      throw missing();
    }
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value = (value << 8) | Region.getUnsignedByte(at++);
    }
    return value;
  }

  /** Makes the error of values for which Lua's stack has no room. */
  static ScriptBudget.Refused tooMany() {
    return new ScriptBudget.Refused(
        "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)");
  }

  private static ScriptBudget.Refused missing() {
    return new ScriptBudget.Refused("Missing bytes in input.");
  }

  private static ScriptBudget.Refused badFormat() {
    return new ScriptBudget.Refused("Bad data format in input.");
  }
}
