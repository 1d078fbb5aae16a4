package io.redoubt.server.script;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * The functions of Lua's C API in use here, with Java names; see the manual of Lua 5.1, section 3.
 * {@code L} is a state. They are linked at the first use of the class, which takes a tenth of a
 * second.
 *
 * <p>A function that may run Lua code, collect garbage or raise an error is an ordinary call; the
 * others are <em>critical</em> ones, which are faster. No error may be raised across a Java frame:
 * whatever can fail is called in protected mode, or from the prelude.
 */
final class Lua {

  // Types of lua.h.
  static final int NIL = 0;
  static final int BOOLEAN = 1;
  static final int NUMBER = 3;
  static final int STRING = 4;
  static final int TABLE = 5;

  /** The pseudo-index of the registry, visible to C code only. */
  static final int REGISTRY = -10_000;

  static final int GC_COLLECT = 2;
  static final int GC_SET_PAUSE = 6;

  static final int MASK_CALL = 1;
  static final int MASK_RETURN = 2;
  static final int MASK_LINE = 4;
  static final int MASK_COUNT = 8;

  // Static so that the compiler inlines the handles; LuaState loads the library first.
  private static final SymbolLookup LIBRARY = LuaLibrary.symbols();

  private static final MethodHandle LUA_NEWSTATE =
      link("lua_newstate", false, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LUA_CLOSE = link("lua_close", false, null, JAVA_LONG);
  private static final MethodHandle LUAL_OPENLIBS = link("luaL_openlibs", false, null, JAVA_LONG);
  private static final MethodHandle LUAL_LOADBUFFER =
      link("luaL_loadbuffer", false, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LUA_PCALL =
      link("lua_pcall", false, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle LUA_GETTOP = link("lua_gettop", true, JAVA_INT, JAVA_LONG);
  private static final MethodHandle LUA_SETTOP =
      link("lua_settop", true, null, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_PUSHVALUE =
      link("lua_pushvalue", true, null, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_REMOVE =
      link("lua_remove", true, null, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_INSERT =
      link("lua_insert", true, null, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_CHECKSTACK =
      link("lua_checkstack", false, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_TYPE =
      link("lua_type", true, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_TONUMBER =
      link("lua_tonumber", true, JAVA_DOUBLE, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_TOBOOLEAN =
      link("lua_toboolean", true, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_TOLSTRING =
      link("lua_tolstring", false, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
  private static final MethodHandle LUA_TOLSTRING_OF_STRING =
      link("lua_tolstring", true, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG);
  private static final MethodHandle LUA_OBJLEN =
      link("lua_objlen", true, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_PUSHNIL = link("lua_pushnil", true, null, JAVA_LONG);
  private static final MethodHandle LUA_PUSHNUMBER =
      link("lua_pushnumber", true, null, JAVA_LONG, JAVA_DOUBLE);
  private static final MethodHandle LUA_PUSHBOOLEAN =
      link("lua_pushboolean", true, null, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_PUSHLIGHTUSERDATA =
      link("lua_pushlightuserdata", true, null, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LUA_PUSHLSTRING =
      link("lua_pushlstring", false, null, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle LUA_PUSHCCLOSURE =
      link("lua_pushcclosure", false, null, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_CREATETABLE =
      link("lua_createtable", false, null, JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle LUA_RAWGET =
      link("lua_rawget", true, null, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_RAWSET =
      link("lua_rawset", false, null, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_RAWGETI =
      link("lua_rawgeti", true, null, JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle LUA_RAWSETI =
      link("lua_rawseti", false, null, JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle LUA_GETMETATABLE =
      link("lua_getmetatable", true, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_NEXT =
      link("lua_next", true, JAVA_INT, JAVA_LONG, JAVA_INT);
  private static final MethodHandle LUA_GC =
      link("lua_gc", false, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
  private static final MethodHandle LUA_SETHOOK =
      link("lua_sethook", true, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);

  private static final MethodHandle LUA_GETHOOK = link("lua_gethook", true, JAVA_LONG, JAVA_LONG);

  private Lua() {}

  @SuppressWarnings("restricted") // the signatures of lua.h and lauxlib.h
  private static MethodHandle link(
      String name, boolean critical, @Nullable MemoryLayout result, MemoryLayout... parameters) {
    FunctionDescriptor signature =
        result == null
            ? FunctionDescriptor.ofVoid(parameters)
            : FunctionDescriptor.of(result, parameters);
    Linker.Option[] options =
        critical ? new Linker.Option[] {Linker.Option.critical(false)} : new Linker.Option[0];
    return Linker.nativeLinker().downcallHandle(address(name), signature, options);
  }

  /** Returns the address of a function of the library. */
  static MemorySegment address(String name) {
    return LIBRARY
        .find(name)
        .orElseThrow(() -> new ScriptEngineException("Lua's library lacks " + name));
  }

  /** Wraps an exception that a native call never throws. */
  private static LinkageError failed(Throwable e) {
    return new LinkageError("Lua cannot be called", e);
  }

  /** Creates a state with an allocator function; returns 0 if there is no memory. */
  static long newState(long allocator, long userData) {
    try {
      return (long) LUA_NEWSTATE.invokeExact(allocator, userData);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Closes a state. */
  static void close(long L) {
    try {
      LUA_CLOSE.invokeExact(L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Opens the standard libraries. */
  static void openLibraries(long L) {
    try {
      LUAL_OPENLIBS.invokeExact(L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Compiles source text and pushes the function, or a message; returns 0 on success. */
  static int load(long L, long buffer, long size, long name) {
    try {
      return (int) LUAL_LOADBUFFER.invokeExact(L, buffer, size, name);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Calls a function in protected mode; returns 0 on success. */
  static int pcall(long L, int arguments, int results, int errorHandler) {
    try {
      return (int) LUA_PCALL.invokeExact(L, arguments, results, errorHandler);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the number of values on the stack. */
  static int top(long L) {
    try {
      return (int) LUA_GETTOP.invokeExact(L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Sets the height of the stack. */
  static void setTop(long L, int index) {
    try {
      LUA_SETTOP.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a copy of a value. */
  static void copy(long L, int index) {
    try {
      LUA_PUSHVALUE.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Removes a value. */
  static void remove(long L, int index) {
    try {
      LUA_REMOVE.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Moves the top value to an index. */
  static void insert(long L, int index) {
    try {
      LUA_INSERT.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Ensures room for more values on the stack; returns 0 if that fails. */
  static int room(long L, int extra) {
    try {
      return (int) LUA_CHECKSTACK.invokeExact(L, extra);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the type of a value. */
  static int type(long L, int index) {
    try {
      return (int) LUA_TYPE.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the value of a number. */
  static double number(long L, int index) {
    try {
      return (double) LUA_TONUMBER.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns 0 for false and nil, 1 otherwise. */
  static int bool(long L, int index) {
    try {
      return (int) LUA_TOBOOLEAN.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the address of a string's bytes. */
  static long string(long L, int index) {
    try {
      return (long) LUA_TOLSTRING_OF_STRING.invokeExact(L, index, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * Returns the address of the bytes of a string, or of a number, which this converts to a string.
   */
  static long stringOf(long L, int index) {
    try {
      return (long) LUA_TOLSTRING.invokeExact(L, index, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the length of a string or table. */
  static long length(long L, int index) {
    try {
      return (long) LUA_OBJLEN.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes nil. */
  static void pushNil(long L) {
    try {
      LUA_PUSHNIL.invokeExact(L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a number. */
  static void pushNumber(long L, double number) {
    try {
      LUA_PUSHNUMBER.invokeExact(L, number);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a boolean. */
  static void pushBoolean(long L, int value) {
    try {
      LUA_PUSHBOOLEAN.invokeExact(L, value);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes an address as light user data. */
  static void pushAddress(long L, long address) {
    try {
      LUA_PUSHLIGHTUSERDATA.invokeExact(L, address);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a copy of bytes as a string. */
  static void pushString(long L, long bytes, long length) {
    try {
      LUA_PUSHLSTRING.invokeExact(L, bytes, length);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a C function. */
  static void pushFunction(long L, long function, int upvalues) {
    try {
      LUA_PUSHCCLOSURE.invokeExact(L, function, upvalues);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a new table of the given capacity. */
  static void newTable(long L, int elements, int fields) {
    try {
      LUA_CREATETABLE.invokeExact(L, elements, fields);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Replaces the key on top by its value in a table. */
  static void rawGet(long L, int index) {
    try {
      LUA_RAWGET.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Sets a table's field to the top value; pops key and value. */
  static void rawSet(long L, int index) {
    try {
      LUA_RAWSET.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes an element of a table. */
  static void rawGet(long L, int index, int n) {
    try {
      LUA_RAWGETI.invokeExact(L, index, n);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Sets an element of a table to the top value and pops it. */
  static void rawSet(long L, int index, int n) {
    try {
      LUA_RAWSETI.invokeExact(L, index, n);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes the metatable of a value and returns 1; returns 0 if there is none. */
  static int metatable(long L, int index) {
    try {
      return (int) LUA_GETMETATABLE.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Replaces the key on top by the next key and value; returns 0 at the end. */
  static int next(long L, int index) {
    try {
      return (int) LUA_NEXT.invokeExact(L, index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Controls the garbage collector. */
  static int gc(long L, int what, int data) {
    try {
      return (int) LUA_GC.invokeExact(L, what, data);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Sets the hook called while a script runs. */
  static int hook(long L, long function, int mask, int count) {
    try {
      return (int) LUA_SETHOOK.invokeExact(L, function, mask, count);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the hook called while a script runs. */
  static long hook(long L) {
    try {
      return (long) LUA_GETHOOK.invokeExact(L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }
}
