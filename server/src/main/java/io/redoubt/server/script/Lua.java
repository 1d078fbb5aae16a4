package io.redoubt.server.script;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.redoubt.protocol.process.os.LibraryFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;

/**
 * The functions of Lua's C API in use here, with Java names; see the manual of Lua 5.1, section 3.
 * {@code L} is a state. They are linked at the first use of the class.
 *
 * <p>A function that may run Lua code, collect garbage or raise an error is an ordinary call; the
 * others are <em>critical</em> ones, which are faster. No error may be raised across a Java frame:
 * whatever can fail is called in protected mode, or from the prelude.
 *
 * <p>What only reads or changes the stack is done by {@link LuaStack}, without a call.
 *
 * <p>Ordinary functions are linked as if they took six longs and returned one, the type of {@link
 * LibraryFunction}, which is linked at the start; critical ones as if they took four longs and a
 * double. Each further type would cost several milliseconds of the first script. Without a result
 * they leave any value.
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

  private static final FunctionDescriptor FOUR_LONGS =
      FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final FunctionDescriptor FOUR_LONGS_AND_A_DOUBLE =
      FOUR_LONGS.appendArgumentLayouts(JAVA_DOUBLE);

  // Static so that the compiler inlines the handles; LuaState loads the library first.
  private static final SymbolLookup LIBRARY = LuaLibrary.symbols();

  private static final MethodHandle LUA_NEWSTATE = ordinary("lua_newstate");
  private static final MethodHandle LUA_CLOSE = ordinary("lua_close");
  private static final MethodHandle LUAL_OPENLIBS = ordinary("luaL_openlibs");
  private static final MethodHandle LUAL_LOADBUFFER = ordinary("luaL_loadbuffer");
  private static final MethodHandle LUA_PCALL = ordinary("lua_pcall");
  private static final MethodHandle LUA_CHECKSTACK = ordinary("lua_checkstack");
  private static final MethodHandle LUA_ISNUMBER = critical("lua_isnumber");
  private static final MethodHandle LUA_TOINTEGER = critical("lua_tointeger");
  private static final MethodHandle LUA_TOLSTRING = ordinary("lua_tolstring");
  private static final MethodHandle LUA_OBJLEN = critical("lua_objlen");
  private static final MethodHandle LUA_PUSHLSTRING = ordinary("lua_pushlstring");
  private static final MethodHandle LUA_PUSHCCLOSURE = ordinary("lua_pushcclosure");
  private static final MethodHandle LUA_CREATETABLE = ordinary("lua_createtable");
  private static final MethodHandle LUA_RAWGET = critical("lua_rawget");
  private static final MethodHandle LUA_RAWSET = ordinary("lua_rawset");
  private static final MethodHandle LUA_RAWGETI = critical("lua_rawgeti");
  private static final MethodHandle LUA_RAWSETI = ordinary("lua_rawseti");
  private static final MethodHandle LUA_GETMETATABLE = critical("lua_getmetatable");
  private static final MethodHandle LUA_NEXT = critical("lua_next");
  private static final MethodHandle LUA_GC = ordinary("lua_gc");
  private static final MethodHandle LUA_SETHOOK = critical("lua_sethook");
  private static final MethodHandle LUA_GETHOOK = critical("lua_gethook");

  private Lua() {}

  /** The function with a type of its own is linked when a number is first converted. */
  private static final class Numbers {
    static final MethodHandle LUA_TONUMBER =
        critical("lua_tonumber", FunctionDescriptor.of(JAVA_DOUBLE, JAVA_LONG, JAVA_LONG));

    private Numbers() {}
  }

  private static MethodHandle ordinary(String name) {
    return LibraryFunction.link(address(name));
  }

  private static MethodHandle critical(String name) {
    return critical(name, FOUR_LONGS_AND_A_DOUBLE);
  }

  @SuppressWarnings("restricted") // the signatures of lua.h and lauxlib.h, as widened above
  private static MethodHandle critical(String name, FunctionDescriptor signature) {
    return Linker.nativeLinker()
        .downcallHandle(address(name), signature, Linker.Option.critical(false));
  }

  /**
   * Returns the address of a C function that calls a Java method of four longs, which returns a
   * long; surplus parameters have any value.
   *
   * @param arena the life of the C function
   */
  @SuppressWarnings(
      "restricted") // the signatures of lua_Alloc, lua_CFunction and lua_Hook, widened
  static <T> long callback(T target, Class<T> type, String method, Arena arena) {
    try {
      MethodHandle handle =
          MethodHandles.lookup().findVirtual(type, method, FOUR_LONGS.toMethodType());
      return Linker.nativeLinker().upcallStub(handle.bindTo(target), FOUR_LONGS, arena).address();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a method of this package is missing", e);
    }
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
      return (long) LUA_NEWSTATE.invokeExact(allocator, userData, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Closes a state. */
  static void close(long L) {
    try {
      long ignored = (long) LUA_CLOSE.invokeExact(L, 0L, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Opens the standard libraries. */
  static void openLibraries(long L) {
    try {
      long ignored = (long) LUAL_OPENLIBS.invokeExact(L, 0L, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Compiles source text and pushes the function, or a message; returns 0 on success. */
  static int load(long L, long buffer, long size, long name) {
    try {
      return (int) (long) LUAL_LOADBUFFER.invokeExact(L, buffer, size, name, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Calls a function in protected mode; returns 0 on success. */
  static int pcall(long L, int arguments, int results, int errorHandler) {
    try {
      return (int)
          (long)
              LUA_PCALL.invokeExact(
                  L, (long) arguments, (long) results, (long) errorHandler, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the number of values on the stack. */
  static int top(long L) {
    return LuaStack.top(L);
  }

  /** Sets the height of the stack. */
  static void setTop(long L, int index) {
    LuaStack.setTop(L, index);
  }

  /** Pushes a copy of a value. */
  static void copy(long L, int index) {
    LuaStack.copy(L, index);
  }

  /** Removes a value. */
  static void remove(long L, int index) {
    LuaStack.remove(L, index);
  }

  /** Moves the top value to an index. */
  static void insert(long L, int index) {
    LuaStack.insert(L, index);
  }

  /** Ensures room for more values on the stack; returns 0 if that fails. */
  static int room(long L, int extra) {
    if (LuaStack.hasRoom(L, extra)) {
      return 1;
    }
    try {
      return (int) (long) LUA_CHECKSTACK.invokeExact(L, (long) extra, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the type of a value. */
  static int type(long L, int index) {
    return LuaStack.type(L, index);
  }

  /** Returns 1 for a number and for a string that is the text of one, otherwise 0. */
  static int isNumber(long L, int index) {
    if (LuaStack.isNumber(L, index)) {
      return 1;
    }
    try {
      return (int) (long) LUA_ISNUMBER.invokeExact(L, (long) index, 0L, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the value of a number. */
  static double number(long L, int index) {
    if (LuaStack.isNumber(L, index)) {
      return LuaStack.number(L, index);
    }
    try {
      return (double) Numbers.LUA_TONUMBER.invokeExact(L, (long) index);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the value of a number, truncated as by a C cast. */
  static long integer(long L, int index) {
    try {
      return (long) LUA_TOINTEGER.invokeExact(L, (long) index, 0L, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns 0 for false and nil, 1 otherwise. */
  static int bool(long L, int index) {
    return LuaStack.isTrue(L, index) ? 1 : 0;
  }

  /** Returns the address of a string's bytes; 0 for other types. */
  static long string(long L, int index) {
    return LuaStack.type(L, index) == STRING ? LuaStack.string(L, index) : 0;
  }

  /**
   * Returns the address of the bytes of a string, or of a number, which this converts to a string.
   */
  static long stringOf(long L, int index) {
    try {
      return (long) LUA_TOLSTRING.invokeExact(L, (long) index, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the length of a string or table. */
  static long length(long L, int index) {
    if (LuaStack.type(L, index) == STRING) {
      return LuaStack.stringLength(L, index);
    }
    try {
      return (long) LUA_OBJLEN.invokeExact(L, (long) index, 0L, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes nil. */
  static void pushNil(long L) {
    LuaStack.pushNil(L);
  }

  /** Pushes a number. */
  static void pushNumber(long L, double number) {
    LuaStack.pushNumber(L, number);
  }

  /** Pushes a boolean. */
  static void pushBoolean(long L, int value) {
    LuaStack.pushBoolean(L, value != 0);
  }

  /** Pushes an address as light user data. */
  static void pushAddress(long L, long address) {
    LuaStack.pushAddress(L, address);
  }

  /** Pushes a copy of bytes as a string. */
  static void pushString(long L, long bytes, long length) {
    try {
      long ignored = (long) LUA_PUSHLSTRING.invokeExact(L, bytes, length, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a C function. */
  static void pushFunction(long L, long function, int upvalues) {
    try {
      long ignored = (long) LUA_PUSHCCLOSURE.invokeExact(L, function, (long) upvalues, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes a new table of the given capacity. */
  static void newTable(long L, int elements, int fields) {
    try {
      long ignored =
          (long) LUA_CREATETABLE.invokeExact(L, (long) elements, (long) fields, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Replaces the key on top by its value in a table. */
  static void rawGet(long L, int index) {
    try {
      long ignored = (long) LUA_RAWGET.invokeExact(L, (long) index, 0L, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Sets a table's field to the top value; pops key and value. */
  static void rawSet(long L, int index) {
    try {
      long ignored = (long) LUA_RAWSET.invokeExact(L, (long) index, 0L, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes an element of a table. */
  static void rawGet(long L, int index, int n) {
    if (index != REGISTRY && LuaStack.pushElement(L, index, n)) {
      return;
    }
    try {
      long ignored = (long) LUA_RAWGETI.invokeExact(L, (long) index, (long) n, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Sets an element of a table to the top value and pops it. */
  static void rawSet(long L, int index, int n) {
    try {
      long ignored = (long) LUA_RAWSETI.invokeExact(L, (long) index, (long) n, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Pushes the metatable of a value and returns 1; returns 0 if there is none. */
  static int metatable(long L, int index) {
    try {
      return (int) (long) LUA_GETMETATABLE.invokeExact(L, (long) index, 0L, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Replaces the key on top by the next key and value; returns 0 at the end. */
  static int next(long L, int index) {
    try {
      return (int) (long) LUA_NEXT.invokeExact(L, (long) index, 0L, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Controls the garbage collector. */
  static int gc(long L, int what, int data) {
    try {
      return (int) (long) LUA_GC.invokeExact(L, (long) what, (long) data, 0L, 0L, 0L);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Sets the hook called while a script runs. */
  static int hook(long L, long function, int mask, int count) {
    try {
      return (int) (long) LUA_SETHOOK.invokeExact(L, function, (long) mask, (long) count, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** Returns the hook called while a script runs. */
  static long hook(long L) {
    try {
      return (long) LUA_GETHOOK.invokeExact(L, 0L, 0L, 0L, 0.0);
    } catch (Throwable e) {
      throw failed(e);
    }
  }
}
