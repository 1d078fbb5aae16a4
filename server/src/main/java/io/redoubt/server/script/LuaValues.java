package io.redoubt.server.script;

import io.redoubt.protocol.bytes.Doubles;
import io.redoubt.protocol.bytes.Numbers;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.server.memory.Region;
import org.jspecify.annotations.Nullable;

/**
 * Conversion between Lua and RESP by Redis' table: replies of commands become Lua values ({@link
 * #push}), the result of a script becomes a reply ({@link #reply}).
 */
final class LuaValues {

  /** The fields that make a table a reply other than an array, in the order of lookup. */
  private static final String[] FIELDS = {
    "err",
    "ok",
    "double",
    "map",
    "set",
    "big_number",
    "verbatim_string",
    "format",
    "string",
    "ignore_error_stats_update",
    "OOM command not allowed: memory is exhausted."
  };

  private static final int ERR = 0;
  private static final int OK = 1;
  private static final int DOUBLE = 2;
  private static final int MAP = 3;
  private static final int SET = 4;
  private static final int BIG_NUMBER = 5;
  private static final int VERBATIM_STRING = 6;
  private static final int FORMAT = 7;
  private static final int STRING = 8;

  /** Marks the error of a command, which was counted when the command ran. */
  private static final int COUNTED = 9;

  private static final int OUT_OF_MEMORY = 10;

  private static final int MAX_DEPTH = 200;

  /** The stack slots needed by a reply without its elements. */
  private static final int ROOM = 8;

  /**
   * Tables that share elements can describe a reply of any length. Longer ones are cut off here,
   * with an error as the last element.
   */
  private static final long MAX_REPLY_BYTES = 1L << 30;

  private static final int MIN_VALUE_BYTES = 4;
  private static final int VALUES_PER_TICK = 1 << 12;

  /** The registry index of the first name. */
  private static final int FIRST_FIELD = 1;

  private final LuaState lua;

  // The position in the reply being pushed.
  private long at;

  // The listener for errors in the reply being written.
  private @Nullable ScriptHost errors;

  // The progress of the reply being written.
  private long writtenValues;
  private long writtenBytes;
  private boolean stopped;

  /** Stores the names of the fields in the registry. */
  LuaValues(LuaState lua) {
    this.lua = lua;
    for (int i = 0; i < FIELDS.length; i++) {
      lua.pushText(lua.main(), FIELDS[i]);
      Lua.rawSet(lua.main(), Lua.REGISTRY, FIRST_FIELD + i);
    }
  }

  private static void pushName(long state, int field) {
    Lua.rawGet(state, Lua.REGISTRY, FIRST_FIELD + field);
  }

  /** Pushes an error text without allocating. */
  static void pushOutOfMemory(long state) {
    pushName(state, OUT_OF_MEMORY);
  }

  // From RESP.

  /**
   * Pushes the reply at a region address.
   *
   * @throws StackLimitException if the stack is too small for its depth
   */
  void push(long state, long reply) {
    at = reply;
    push(state);
  }

  /** Thrown if the state's stack has no room for a reply. */
  static final class StackLimitException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StackLimitException() {
      super(null, null, false, false);
    }
  }

  private void push(long state) {
    if (Lua.room(state, ROOM) == 0) {
      throw new StackLimitException();
    }
    int mark = Region.getByte(at++);
    switch (mark) {
      case '+' -> pushSingle(state, OK);
      case '-' -> pushError(state);
      case ':' -> Lua.pushNumber(state, number());
      case '$' -> pushBulk(state);
      case '*' -> pushArray(state, number());
      case '_' -> {
        line();
        Lua.pushNil(state);
      }
      case '#' -> {
        Lua.pushBoolean(state, Region.getByte(at) == 't' ? 1 : 0);
        line();
      }
      case ',' -> pushDouble(state);
      case '(' -> pushSingle(state, BIG_NUMBER);
      case '=' -> pushVerbatim(state);
      case '%' -> pushPairs(state, number());
      case '~' -> pushMembers(state, number());
      case '|' -> pushAfterAttributes(state, number());
      default -> throw new IllegalStateException("a reply that begins with " + mark);
    }
  }

  /** Skips the rest of a line; returns its length. */
  private int line() {
    long start = at;
    while (Region.getByte(at) != '\r') {
      at++;
    }
    int length = (int) (at - start);
    at += 2;
    return length;
  }

  private long number() {
    long start = at;
    int length = line();
    return Numbers.parseLong(Region.MEMORY, start, length, 0);
  }

  /** Pushes a table with one field. */
  private void pushSingle(long state, int field) {
    Lua.newTable(state, 0, 1);
    pushName(state, field);
    long start = at;
    lua.pushBytes(state, start, line());
    Lua.rawSet(state, -3);
  }

  private void pushError(long state) {
    pushSingle(state, ERR);
    pushName(state, COUNTED);
    Lua.pushBoolean(state, 1);
    Lua.rawSet(state, -3);
  }

  private void pushBulk(long state) {
    int length = (int) number();
    if (length < 0) {
      Lua.pushBoolean(state, 0);
      return;
    }
    lua.pushBytes(state, at, length);
    at += length + 2L;
  }

  private void pushArray(long state, long count) {
    if (count < 0) {
      Lua.pushBoolean(state, 0);
      return;
    }
    Lua.newTable(state, (int) count, 0);
    for (int i = 1; i <= count; i++) {
      push(state);
      Lua.rawSet(state, -2, i);
    }
  }

  private void pushDouble(long state) {
    long start = at;
    int length = line();
    Lua.newTable(state, 0, 1);
    pushName(state, DOUBLE);
    double value = Doubles.parseOrNaN(Region.MEMORY, start, length);
    Lua.pushNumber(state, value);
    Lua.rawSet(state, -3);
  }

  private void pushVerbatim(long state) {
    int length = (int) number();
    Lua.newTable(state, 0, 1);
    pushName(state, VERBATIM_STRING);
    Lua.newTable(state, 0, 2);
    pushName(state, FORMAT);
    lua.pushBytes(state, at, 3);
    Lua.rawSet(state, -3);
    pushName(state, STRING);
    lua.pushBytes(state, at + 4, length - 4);
    Lua.rawSet(state, -3);
    Lua.rawSet(state, -3);
    at += length + 2L;
  }

  private void pushPairs(long state, long count) {
    Lua.newTable(state, 0, 1);
    pushName(state, MAP);
    Lua.newTable(state, 0, (int) count);
    for (long i = 0; i < count; i++) {
      push(state);
      push(state);
      Lua.rawSet(state, -3);
    }
    Lua.rawSet(state, -3);
  }

  private void pushMembers(long state, long count) {
    Lua.newTable(state, 0, 1);
    pushName(state, SET);
    Lua.newTable(state, 0, (int) count);
    for (long i = 0; i < count; i++) {
      push(state);
      Lua.pushBoolean(state, 1);
      Lua.rawSet(state, -3);
    }
    Lua.rawSet(state, -3);
  }

  /** Attributes describe the reply that follows; scripts do not see them. */
  private void pushAfterAttributes(long state, long count) {
    for (long i = 0; i < 2 * count; i++) {
      push(state);
      Lua.setTop(state, -2);
    }
    push(state);
  }

  // To RESP.

  /**
   * Writes the value on top of the main stack as a reply, and pops it.
   *
   * @param booleans true if the script has selected RESP3, which has booleans
   * @param runner is notified of each error in the reply
   */
  void reply(ReplyWriter reply, boolean booleans, ScriptHost runner) {
    errors = runner;
    writtenValues = 0;
    writtenBytes = 0;
    stopped = false;
    write(reply, booleans, 0);
    errors = null;
  }

  /** Returns true if the table on top is the error of a command. */
  boolean isOfCommand() {
    long state = lua.main();
    pushName(state, COUNTED);
    Lua.rawGet(state, -2);
    boolean counted = Lua.bool(state, -1) != 0;
    Lua.setTop(state, -2);
    return counted;
  }

  private void writeError(ReplyWriter reply, String text, boolean ofCommand) {
    reply.error(text);
    if (errors != null) {
      errors.repliesError(text, ofCommand);
    }
  }

  private void write(ReplyWriter reply, boolean booleans, int depth) {
    long state = lua.main();
    if (depth > MAX_DEPTH || Lua.room(state, 6) == 0) {
      writeError(reply, "ERR reached lua stack limit", false);
      Lua.setTop(state, -2);
      return;
    }
    if (mustStop(state)) {
      writeError(reply, "ERR the reply of the script is too long or was interrupted", false);
      Lua.setTop(state, -2);
      return;
    }
    switch (Lua.type(state, -1)) {
      case Lua.STRING ->
          reply.bulk(Region.MEMORY, lua.bytes(state, -1), LuaState.length(state, -1));
      case Lua.NUMBER -> reply.integer(Lua.integer(state, -1));
      case Lua.BOOLEAN -> {
        boolean value = Lua.bool(state, -1) != 0;
        if (booleans) {
          reply.bool(value);
        } else if (value) {
          reply.integer(1);
        } else {
          reply.nil();
        }
      }
      case Lua.TABLE -> writeTable(reply, booleans, depth);
      default -> reply.nil();
    }
    Lua.setTop(state, -2);
  }

  /** Counts a value; returns true if it must be the last one. */
  private boolean mustStop(long state) {
    writtenValues++;
    writtenBytes += MIN_VALUE_BYTES;
    if (Lua.type(state, -1) == Lua.STRING) {
      writtenBytes += LuaState.length(state, -1);
    }
    if ((writtenBytes > MAX_REPLY_BYTES && writtenValues > 1)
        || (writtenValues % VALUES_PER_TICK == 0 && !lua.tick(state))) {
      stopped = true;
    }
    return stopped;
  }

  /**
   * Pushes a field of the table on top; leaves the stack unchanged if the field has another type.
   */
  private boolean field(int field, int type) {
    long state = lua.main();
    pushName(state, field);
    Lua.rawGet(state, -2);
    if (Lua.type(state, -1) == type) {
      return true;
    }
    Lua.setTop(state, -2);
    return false;
  }

  private void writeTable(ReplyWriter reply, boolean booleans, int depth) {
    long state = lua.main();
    boolean ofCommand = isOfCommand();
    if (field(ERR, Lua.STRING)) {
      writeError(reply, lua.text(state, -1).toString(), ofCommand);
    } else if (field(OK, Lua.STRING)) {
      reply.simple(oneLine(lua.text(state, -1).toString()));
    } else if (field(DOUBLE, Lua.NUMBER)) {
      reply.doubleValue(Lua.number(state, -1));
    } else if (field(MAP, Lua.TABLE)) {
      writePairs(reply, booleans, depth, true);
    } else if (field(SET, Lua.TABLE)) {
      writePairs(reply, booleans, depth, false);
    } else if (field(BIG_NUMBER, Lua.STRING)) {
      reply.bigNumber(oneLine(lua.text(state, -1).toString()));
    } else if (!field(VERBATIM_STRING, Lua.TABLE)) {
      writeArray(reply, booleans, depth);
      return;
    } else if (!writeVerbatim(reply)) {
      Lua.setTop(state, -2);
      writeArray(reply, booleans, depth);
      return;
    }
    Lua.setTop(state, -2);
  }

  private static String oneLine(String text) {
    return text.replace('\r', ' ').replace('\n', ' ');
  }

  private void writeArray(ReplyWriter reply, boolean booleans, int depth) {
    long state = lua.main();
    long mark = reply.deferArray();
    int count = 0;
    while (!stopped) {
      Lua.rawGet(state, -1, count + 1);
      if (Lua.type(state, -1) == Lua.NIL) {
        Lua.setTop(state, -2);
        break;
      }
      write(reply, booleans, depth + 1);
      count++;
    }
    reply.resolve(mark, count);
  }

  private void writePairs(ReplyWriter reply, boolean booleans, int depth, boolean map) {
    long state = lua.main();
    long mark = map ? reply.deferMap() : reply.deferSet();
    int count = 0;
    Lua.pushNil(state);
    while (Lua.next(state, -2) != 0) {
      if (stopped) {
        Lua.setTop(state, -3);
        break;
      }
      Lua.copy(state, -2);
      write(reply, booleans, depth + 1);
      if (map) {
        write(reply, booleans, depth + 1);
      } else {
        Lua.setTop(state, -2);
      }
      count++;
    }
    reply.resolve(mark, count);
  }

  /** Writes the table on top as a verbatim string; returns false if a field is missing. */
  private boolean writeVerbatim(ReplyWriter reply) {
    long state = lua.main();
    if (!field(STRING, Lua.STRING)) {
      return false;
    }
    long text = lua.bytes(state, -1); // the table keeps it
    int length = LuaState.length(state, -1);
    Lua.setTop(state, -2);
    if (!field(FORMAT, Lua.STRING)) {
      return false;
    }
    String format = (lua.text(state, -1) + "   ").substring(0, 3); // the protocol's length
    reply.verbatim(format, Region.MEMORY, text, length);
    Lua.setTop(state, -2);
    return true;
  }
}
