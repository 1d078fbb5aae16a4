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

  /** Pushes bytes of the region as a string, like {@link #memory}. */
  void pushString(long address, long length) {
    memory(length + TABLE_BYTES);
    work(length);
    lua.pushBytes(running, address, (int) length);
  }
}
