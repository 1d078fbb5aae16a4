package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.process.os.Locales;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.io.IOException;
import java.lang.foreign.Arena;

/**
 * A Lua state. Its memory is part of the {@link Region}, so Lua's strings have region addresses and
 * reach the store without a copy. Confined to one thread.
 */
final class LuaState implements AutoCloseable {

  /** A function callable from Lua. */
  interface Function {

    /**
     * Executes the function: the arguments are on the stack of the state, the results are left on
     * top.
     *
     * @param state the calling state, which may be a coroutine
     * @return the number of results
     */
    int call(long state);
  }

  /** Calls a function as a lua_CFunction. */
  private record Caller(Function function) {
    @SuppressWarnings("unused") // called from native code
    long call(long running, long surplus, long more, long most) {
      return function.call(running);
    }
  }

  /** Called after a number of instructions. */
  interface Hook {

    /** Returns true if the running script may continue. */
    boolean mayGoOn();
  }

  private static final int MAX_TEXT_BYTES = 1 << 16;

  /** More than Lua's libraries and the prelude need. */
  private static final long LEAST_BYTES = 4L << 20;

  /** Instructions between two ticks, the calls of the hook: about 100 µs. */
  private static final int INSTRUCTIONS = 10_000;

  /**
   * Instructions and library functions take longer the more memory they process. Beyond this amount
   * in use, there are fewer instructions between two ticks.
   */
  private static final long FULL_PACE_BYTES = 4L << 20;

  private static final int LEAST_INSTRUCTIONS = 10;

  /** The same in coroutines, which cannot be made to tick sooner. */
  private static final int COROUTINE_INSTRUCTIONS = 50;

  private final Arena arena = Arena.ofShared();
  private final long base = Region.MEMORY.address();
  private final LuaHeap heap;
  private final Slabs slabs;
  private final long state;
  private final Hook hook;
  private final long hookStub;

  // The hook of the main thread: the one above, or a debugger's, which ticks by itself.
  private long mainHook;
  private int mainMask = Lua.MASK_COUNT;

  private boolean interrupted;

  /**
   * Creates a state for the calling thread, and gives this thread Lua's form of numbers.
   *
   * @param hook called while scripts run, after {@link #startHook}
   */
  LuaState(Slabs slabs, Hook hook) {
    load();
    this.slabs = slabs;
    this.hook = hook;
    slabs.requireFar(LEAST_BYTES);
    heap = new LuaHeap(slabs, arena, this::hurry, AllocatorCode.address());
    hookStub = Lua.callback(this, LuaState.class, "count", arena);
    mainHook = hookStub;
    state = Lua.newState(heap.function(), heap.argument());
    if (state == 0) {
      heap.close();
      throw new OutOfMemoryError("Lua gets no memory");
    }
    Lua.openLibraries(state);
    checkLayout();
  }

  /** Compares the layout that {@link LuaStack} expects with what Lua's functions write and read. */
  private void checkLayout() {
    pushText(state, "text");
    Lua.newTable(state, 1, 0);
    Lua.copy(state, 1);
    Lua.rawSet(state, 2, 1);
    boolean matches = Lua.top(state) == 2 && LuaStack.pushElement(state, 2, 1);
    matches &= !LuaStack.hasRoom(state, 100) && Lua.room(state, 100) != 0;
    matches &= LuaStack.hasRoom(state, 100) && !LuaStack.hasRoom(state, 101);
    Lua.pushNumber(state, 0.5);
    Lua.stringOf(state, -1);
    matches &= compile("return function() return type() end", "=layout");
    matches &= hasKnownCode(LuaStack.object(state, -1));
    if (!matches
        || !text(state, 3).toString().equals("text")
        || !text(state, 4).toString().equals("0.5")) {
      close();
      throw new ScriptEngineException("Lua's library has an unknown layout of values");
    }
    Lua.setTop(state, 0);
  }

  /** Compares with the layout that {@link CompiledCode} expects; leaves functions on the stack. */
  private boolean hasKnownCode(long returning) {
    boolean matches = CompiledCode.replaceTailCalls(returning) == 1;
    matches &= !CompiledCode.setsGlobals(returning);
    matches &= compile("return 1, function() variable = 1 end", "=layout");
    long setting = LuaStack.object(state, -1);
    matches &= CompiledCode.setsGlobals(setting);
    matches &= CompiledCode.isSame(setting, setting) && !CompiledCode.isSame(setting, returning);
    return matches;
  }

  private static void load() {
    // First, because the class Lua stays unusable if its initialization fails.
    LuaLibrary.load();
    try {
      Locales.usePlain();
    } catch (IOException e) {
      throw new ScriptEngineException("Lua can't get the locale C", e);
    }
  }

  /** Returns the main thread of the state. */
  long main() {
    return state;
  }

  /** Pops the top value of the main thread into a place of its stack. */
  void replace(int place) {
    Lua.insert(state, place);
    Lua.remove(state, place + 1);
  }

  /** Returns the memory of the state. */
  LuaHeap heap() {
    return heap;
  }

  /** Pushes a Java function. */
  void push(Function function) {
    Caller caller = new Caller(function);
    Lua.pushFunction(state, Lua.callback(caller, Caller.class, "call", arena), 0);
  }

  /** Calls the hook from now on. */
  void startHook() {
    setDebugged(false);
  }

  /** Announces a debugger's own line hook, which must call {@link #tick} on each count. */
  void setDebugged(boolean on) {
    mainHook = on ? Lua.hook(state) : hookStub;
    mainMask = on ? Lua.MASK_COUNT | Lua.MASK_LINE : Lua.MASK_COUNT;
    Lua.hook(state, mainHook, mainMask, INSTRUCTIONS);
  }

  private void hurry() {
    if (!interrupted) {
      Lua.hook(state, hookStub, Lua.MASK_COUNT, 1);
    }
  }

  /** Called from native code as a lua_Hook, after a number of instructions. */
  @SuppressWarnings("unused")
  long count(long running, long event, long surplus, long more) {
    tick(running);
    return 0;
  }

  /**
   * Calls the hook; slow functions call this, too. A script that may not continue fails at its next
   * instruction.
   *
   * @return true if the script may continue
   */
  boolean tick(long running) {
    heap.tick();
    boolean limited = heap.limited(false);
    boolean goesOn = hook.mayGoOn();
    heap.limited(limited);
    if (goesOn) {
      if (running == state) {
        Lua.hook(state, mainHook, mainMask, Math.min(INSTRUCTIONS, pace()));
      } else {
        Lua.hook(running, hookStub, Lua.MASK_COUNT, Math.min(COROUTINE_INSTRUCTIONS, pace()));
      }
    } else {
      interrupt(running);
    }
    return goesOn;
  }

  private int pace() {
    long used = Math.max(FULL_PACE_BYTES, heap.usedBytes());
    return (int) Math.max(LEAST_INSTRUCTIONS, INSTRUCTIONS * FULL_PACE_BYTES / used);
  }

  /** Prepares the creation of a coroutine, which inherits the hook of its creator. */
  void beforeCoroutine(long running) {
    if (!interrupted) {
      boolean debugged = mainHook != hookStub; // which restores its hook as soon as possible
      Lua.hook(running, hookStub, Lua.MASK_COUNT, debugged ? 1 : COROUTINE_INSTRUCTIONS);
    }
  }

  /**
   * Makes the script fail at its next instruction, and at each following one if it catches the
   * error. A function of Lua itself raises the error, not this class.
   */
  private void interrupt(long running) {
    interrupted = true;
    long raise = Lua.address("luaL_error").address();
    Lua.hook(running, raise, Lua.MASK_CALL | Lua.MASK_RETURN | Lua.MASK_COUNT, 1);
    Lua.hook(state, raise, Lua.MASK_CALL | Lua.MASK_RETURN | Lua.MASK_COUNT, 1);
  }

  /** Returns true if the running script was made to fail. */
  boolean isInterrupted() {
    return interrupted;
  }

  /** Resets the hook after an interrupted script. */
  void endInterrupt() {
    interrupted = false;
    Lua.hook(state, mainHook, mainMask, INSTRUCTIONS);
  }

  // Strings.

  /** Returns the region address of the bytes of a string on the stack; see {@link #length}. */
  long bytes(long running, int index) {
    return Lua.string(running, index) - base;
  }

  /** Returns the length in bytes of a string on the stack. */
  static int length(long running, int index) {
    return (int) Lua.length(running, index);
  }

  /** Copies a string on the stack, or its first bytes only, because the heap is small. */
  ByteString text(long running, int index) {
    int length = Math.min(MAX_TEXT_BYTES, length(running, index));
    return ByteString.copyOf(Region.MEMORY, bytes(running, index), length);
  }

  /** Like {@link #text}, for a string or a number; a number becomes a string. */
  ByteString textOf(long running, int index) {
    Lua.stringOf(running, index);
    return text(running, index);
  }

  /**
   * Pushes bytes of the region as a string.
   *
   * @throws OutOfMemoryError if there is no memory for them
   */
  void pushBytes(long running, long address, int length) {
    heap.requireString(length);
    Lua.pushString(running, address + base, length);
  }

  /** Pushes text as a string; not for frequent use. */
  void pushText(long running, String text) {
    pushText(running, ByteString.of(text));
  }

  /** Pushes bytes of the heap as a string; not for frequent use. */
  void pushText(long running, ByteString text) {
    int length = text.length();
    long block = slabs.allocateFar(length + 1L);
    text.copyTo(Region.MEMORY, block);
    Lua.pushString(running, block + base, length);
    slabs.free(block, length + 1L);
  }

  /**
   * Compiles a chunk and pushes its function, or an error message.
   *
   * @param name the chunk's name in messages: "@" and the text before the line number
   * @return true on success
   */
  boolean compile(long address, int length, String name) {
    ByteString chunk = ByteString.of(name + '\0');
    long block = slabs.allocateFar(chunk.length());
    chunk.copyTo(Region.MEMORY, block);
    int status = Lua.load(state, address + base, length, block + base);
    slabs.free(block, chunk.length());
    return status == 0;
  }

  /** Compiles text, like {@link #compile(long, int, String)}. */
  boolean compile(String text, String name) {
    ByteString bytes = ByteString.of(text);
    long block = slabs.allocateFar(bytes.length() + 1L);
    bytes.copyTo(Region.MEMORY, block);
    boolean compiled = compile(block, bytes.length(), name);
    slabs.free(block, bytes.length() + 1L);
    return compiled;
  }

  /** Calls the function below its arguments as Lua code, subject to errors and limits. */
  int call(int arguments, int results, int errorHandler) {
    heap.limited(true);
    try {
      return Lua.pcall(state, arguments, results, errorHandler);
    } finally {
      heap.limited(false);
    }
  }

  /** Frees everything. */
  @Override
  public void close() {
    Lua.close(state);
    heap.close();
    arena.close();
  }
}
