package io.redoubt.server.script;

/**
 * The memory and time of a primitive that works through a script's values: it stays within the
 * limits that apply to Lua's own code. Confined to one thread.
 */
final class ScriptBudget {

  /** Ends the work: the message becomes an error of the script. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(String message) {
      super(message, null, false, false);
    }
  }

  /** Ends the work of a script that must stop; it fails at its next instruction. */
  static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1;

    Interrupted() {
      super(null, null, false, false);
    }
  }

  /** The work between two ticks, in bytes: about a tenth of a millisecond. */
  private static final int TICK_BYTES = 1 << 16;

  /** The work of handling a value, in bytes of text that take as long. */
  private static final int VALUE_BYTES = 16;

  /** The most that Lua allocates for a field in its hash part, which grows by doubling. */
  private static final long FIELD_BYTES = 40;

  private static final long TABLE_BYTES = 64;

  /** The most elements of an array that wait on the stack for their table. */
  static final int MAX_PENDING = 16;

  /** Arrays that are nested more deeply don't wait, because Lua's stack is limited. */
  private static final int MAX_PENDING_DEPTH = 8;

  private static final long ELEMENT_BYTES = 16;

  private final LuaState lua;
  private long running;
  private long credit = TICK_BYTES;

  ScriptBudget(LuaState lua) {
    this.lua = lua;
  }

  /** Begins the work for a calling state. */
  void begin(long state) {
    running = state;
  }

  /**
   * Counts a value.
   *
   * @throws Interrupted if the script must stop
   */
  void value() {
    work(VALUE_BYTES);
  }

  /**
   * Counts bytes that were read or written.
   *
   * @throws Interrupted if the script must stop
   */
  void work(long bytes) {
    credit -= bytes;
    if (credit < 0) {
      credit = TICK_BYTES;
      if (!lua.tick(running)) {
        throw new Interrupted();
      }
    }
  }

  /**
   * Checks that Lua may allocate a number of bytes.
   *
   * @throws Refused if the script has reached its limit
   * @throws OutOfMemoryError if the server has no memory
   */
  void memory(long bytes) {
    if (!lua.heap().hasRoom(bytes)) {
      throw new Refused("not enough memory");
    }
    lua.heap().require(bytes);
  }

  /** Checks that a table with {@code fields} fields may get one more, like {@link #memory}. */
  void field(int fields) {
    if ((fields & (fields - 1)) == 0) { // where Lua doubles its room
      memory((2L * fields + 1) * FIELD_BYTES);
    }
  }

  /** Pushes a new table, like {@link #memory}. */
  void pushTable() {
    memory(TABLE_BYTES);
    Lua.newTable(running, 0, 0);
  }

  // A table that grows is allocated anew at each doubling. The first values of an array or object
  // wait on the stack, so that its table has room for them at once. The room is that which growth
  // would have led to: the order in which a script finds the fields is the same.

  /** Returns true if the values of a table at this depth may wait on the stack. */
  boolean mayBePending(int depth) {
    return depth < MAX_PENDING_DEPTH && Lua.room(running, MAX_PENDING + 2) != 0;
  }

  /** Replaces the topmost values by an array of them, like {@link #memory}. */
  void tableOfElements(int count) {
    int room = count == 0 ? 0 : Integer.highestOneBit(2 * count - 1); // a power of two
    memory(TABLE_BYTES + room * ELEMENT_BYTES);
    Lua.newTable(running, room, 0);
    Lua.insert(running, -count - 1);
    for (int i = count; i > 0; i--) {
      Lua.rawSet(running, -i - 1, i);
    }
  }

  /**
   * Replaces the key and the value on top by a table of them, like {@link #memory}.
   *
   * @param room the number of fields for which the table has room at first
   */
  void tableOfField(int room) {
    memory(TABLE_BYTES + room * FIELD_BYTES);
    Lua.newTable(running, 0, room);
    Lua.insert(running, -3);
    Lua.rawSet(running, -3);
  }

  /** Pushes bytes of the region as a string, like {@link #memory}. */
  void pushString(long address, long length) {
    memory(length + TABLE_BYTES);
    work(length);
    lua.pushBytes(running, address, (int) length);
  }
}
