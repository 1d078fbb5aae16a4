package io.redoubt.server.script;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;

/**
 * The guards of a Lua state: functions of {@link GuardCode} and the block that they read. Patterns
 * get a grant from the prelude, which knows how long a text may be for the native matcher.
 */
final class Guards implements AutoCloseable {

  // The layout of the block, known to GuardCode: two functions, and grants of two words each.
  private static final int CALL = 0;
  private static final int ERROR = 8;
  private static final int GRANTS = 16;

  /** Selects a grant by the address of its pattern; the bytes of all grants, less 16. */
  private static final int GRANT_MASK = 0x1ff0;

  private static final long BLOCK_BYTES = GRANTS + GRANT_MASK + 2 * Long.BYTES;

  // CClosure: the number of upvalues, the code and the first upvalue.
  private static final int UPVALUE_COUNT = 11;
  private static final int CODE = 32;
  private static final int UPVALUES = 40;
  private static final int UPVALUE_BYTES = 16;

  // Table: the room for fields, as a logarithm, and the metatable.
  private static final int FIELDS_LOG = 11;
  private static final int METATABLE = 16;

  private final LuaState lua;
  private final Slabs slabs;
  private final long block;

  /** Creates the block of a state. */
  Guards(LuaState lua, Slabs slabs) {
    this.lua = lua;
    this.slabs = slabs;
    block = GuardCode.exists() && hasKnownLayout() ? slabs.allocateFar(BLOCK_BYTES) : 0;
    if (exist()) {
      Region.zero(block, BLOCK_BYTES);
      Region.putLong(block + CALL, Lua.address("lua_call").address());
      Region.putLong(block + ERROR, Lua.address("lua_error").address());
    }
  }

  /** Returns true if there are guards on this platform. */
  boolean exist() {
    return block != 0;
  }

  /** Compares the layout that {@link GuardCode} expects with what Lua's functions write. */
  private boolean hasKnownLayout() {
    long state = lua.main();
    int top = Lua.top(state);
    long function = Lua.address("lua_error").address();
    for (int i = 1; i <= 3; i++) {
      Lua.pushAddress(state, i);
    }
    Lua.pushFunction(state, function, 3);
    long closure = LuaStack.object(state, -1);
    boolean matches =
        Region.getLong(closure + CODE) == function && Region.getByte(closure + UPVALUE_COUNT) == 3;
    for (int i = 0; i < 3; i++) {
      matches &= Region.getLong(closure + UPVALUES + (long) i * UPVALUE_BYTES) == i + 1;
    }
    Lua.newTable(state, 0, 0);
    long empty = LuaStack.object(state, -1);
    matches &= Region.getLong(empty + METATABLE) == 0 && Region.getByte(empty + FIELDS_LOG) == 0;
    matches &= lua.compile("return setmetatable({a = 1, b = 2, c = 3}, {})", "=layout");
    matches &= Lua.pcall(state, 0, 1, 0) == 0 && Lua.type(state, -1) == Lua.TABLE;
    if (matches) {
      long full = LuaStack.object(state, -1);
      matches = Region.getLong(full + METATABLE) != 0 && Region.getByte(full + FIELDS_LOG) == 2;
    }
    Lua.setTop(state, top);
    return matches;
  }

  /**
   * guard(kind, function, wrapper): returns a guard. The function is one without upvalues, or the
   * name of a bit operation.
   */
  int guard(long state) {
    long code = GuardCode.address(lua.text(state, 1).toString());
    long function;
    if (Lua.type(state, 2) == Lua.STRING) {
      function = GuardCode.address(lua.text(state, 2).toString());
    } else {
      long closure = LuaStack.object(state, 2);
      if (Region.getByte(closure + UPVALUE_COUNT) != 0) {
        throw new IllegalArgumentException("a guarded function has upvalues");
      }
      function = Region.getLong(closure + CODE);
    }
    Lua.pushAddress(state, function);
    Lua.pushAddress(state, block + Region.MEMORY.address());
    Lua.pushFunction(state, code, 3);
    return 1;
  }

  /**
   * grant(pattern, length): lets the native matcher take texts of up to this length. The pattern
   * must stay in memory until the grant is revoked. Patterns at close addresses replace each other.
   */
  int grant(long state) {
    if (exist()) {
      long pattern = LuaStack.object(state, 1) + Region.MEMORY.address();
      long grant = block + GRANTS + (pattern & GRANT_MASK);
      Region.putLong(grant, pattern);
      Region.putLong(grant + Long.BYTES, (long) Lua.number(state, 2));
    }
    return 0;
  }

  /** revoke(): revokes all grants. */
  int revoke(long state) {
    if (exist()) {
      Region.zero(block + GRANTS, BLOCK_BYTES - GRANTS);
    }
    return 0;
  }

  @Override
  public void close() {
    if (exist()) {
      slabs.free(block, BLOCK_BYTES);
    }
  }
}
