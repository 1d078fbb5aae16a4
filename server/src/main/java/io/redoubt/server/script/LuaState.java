package io.redoubt.server.script;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * One state of Lua. Its memory is part of the {@link Region}, so strings of Lua have region
 * addresses, and need no copying on their way to the store. Belongs to one thread.
 */
final class LuaState implements AutoCloseable {

  /** A function that Lua can call. */
  interface Function {

    /**
     * Does it: finds its arguments on the stack of the state, and leaves results on top.
     *
     * @param state the state it was called in, which may be a coroutine
     * @return how many results there are
     */
    int call(long state);
  }

  /** Asked every so many instructions. */
  interface Hook {

    /** Whether the script that is running may go on. */
    boolean mayGoOn();
  }

  private static final int MAX_TEXT_BYTES = 1 << 16;

  /** More than Lua's libraries and the prelude take. */
  private static final long LEAST_BYTES = 4L << 20;

  /** Instructions between two ticks, calls of the hook: some 100 µs. */
  private static final int INSTRUCTIONS = 10_000;

  /**
   * An instruction, or a function of Lua's libraries, takes the longer the more memory there is to
   * work on. With more than this in use there are fewer instructions between two ticks.
   */
  private static final long FULL_PACE_BYTES = 4L << 20;

  private static final int LEAST_INSTRUCTIONS = 10;

  /** As many in coroutines, which are not told of when they are to hurry. */
  private static final int COROUTINE_INSTRUCTIONS = 50;

  private final Arena arena = Arena.ofShared();
  private final long base = Region.MEMORY.address();
  private final LuaHeap heap;
  private final Slabs slabs;
  private final long state;
  private Hook hook = () -> true;
  private long hookStub;

  // What the main thread has: that, or a debugger's, which ticks by itself.
  private long mainHook;
  private int mainMask = Lua.MASK_COUNT;

  private boolean interrupted;

  LuaState(Slabs slabs) {
    this.slabs = slabs;
    slabs.requireFar(LEAST_BYTES);
    heap = new LuaHeap(slabs, arena);
    state = Lua.newState(heap.function(), 0);
    if (state == 0) {
      throw new ScriptEngineException("Lua gets no memory");
    }
    Lua.openLibraries(state);
  }

  /** The main thread of the state. */
  long main() {
    return state;
  }

  /** Its memory. */
  LuaHeap heap() {
    return heap;
  }

  /** Pushes a function of ours. */
  void push(Function function) {
    Lua.pushFunction(state, stub(function, Function.class, "call", int.class, long.class), 0);
  }

  /** Has a hook called while scripts run. */
  void hook(Hook forScripts) {
    hook = forScripts;
    hookStub = stub(this, LuaState.class, "count", void.class, long.class, long.class);
    debugged(false);
    heap.hurry(this::hurry);
  }

  /**
   * Whether a debugger has set its own hook for lines, which must call {@link #tick} on each count.
   */
  void debugged(boolean on) {
    mainHook = on ? Lua.hook(state) : hookStub;
    mainMask = on ? Lua.MASK_COUNT | Lua.MASK_LINE : Lua.MASK_COUNT;
    Lua.hook(state, mainHook, mainMask, INSTRUCTIONS);
  }

  private void hurry() {
    if (!interrupted) {
      Lua.hook(state, hookStub, Lua.MASK_COUNT, 1);
    }
  }

  @SuppressWarnings("unused") // called from native code, after so many instructions
  private void count(long running, long event) {
    tick(running);
  }

  /**
   * Asks the hook; to be called by what may take long, too. When the script may not go on, it fails
   * at its next instruction.
   *
   * @return whether it may go on
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

  /** A coroutine is about to be made, which has the pace of who makes it. */
  void beforeCoroutine(long running) {
    if (!interrupted) {
      boolean debugged = mainHook != hookStub; // which has its hook back as soon as may be
      Lua.hook(running, hookStub, Lua.MASK_COUNT, debugged ? 1 : COROUTINE_INSTRUCTIONS);
    }
  }

  /**
   * Has the script fail at its next instruction, and again at each that follows should it catch
   * that. The error is raised by a function of Lua itself, not from here.
   */
  private void interrupt(long running) {
    interrupted = true;
    long raise = Lua.address("luaL_error").address();
    Lua.hook(running, raise, Lua.MASK_CALL | Lua.MASK_RETURN | Lua.MASK_COUNT, 1);
    Lua.hook(state, raise, Lua.MASK_CALL | Lua.MASK_RETURN | Lua.MASK_COUNT, 1);
  }

  /** Whether the running script has been made to fail. */
  boolean isInterrupted() {
    return interrupted;
  }

  /** After the script that was made to fail: the next one runs as usual. */
  void endInterrupt() {
    interrupted = false;
    Lua.hook(state, mainHook, mainMask, INSTRUCTIONS);
  }

  @SuppressWarnings("restricted") // the signatures are those of lua_CFunction and lua_Hook
  private <T> long stub(
      T target, Class<T> type, String method, Class<?> result, Class<?>... parameters) {
    try {
      MethodHandle handle =
          MethodHandles.lookup()
              .findVirtual(type, method, MethodType.methodType(result, parameters))
              .bindTo(target);
      FunctionDescriptor signature =
          result == void.class
              ? FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG)
              : FunctionDescriptor.of(JAVA_INT, JAVA_LONG);
      return Linker.nativeLinker().upcallStub(handle, signature, arena).address();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a method of this package is missing", e);
    }
  }

  // Strings.

  /** The region address of the bytes of a string on the stack; {@link #length} tells how many. */
  long bytes(long running, int index) {
    return Lua.string(running, index) - base;
  }

  /** How many bytes a string on the stack has. */
  static int length(long running, int index) {
    return (int) Lua.length(running, index);
  }

  /** A copy of a string on the stack, or of its beginning: the heap is small. */
  ByteString text(long running, int index) {
    int length = Math.min(MAX_TEXT_BYTES, length(running, index));
    return ByteString.copyOf(Region.MEMORY, bytes(running, index), length);
  }

  /** As {@link #text}, of a string or number; a number is a string afterwards. */
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

  /** Pushes text as a string; not for what happens often. */
  void pushText(long running, String text) {
    pushText(running, ByteString.of(text));
  }

  /** Pushes bytes of the heap as a string; not for what happens often. */
  void pushText(long running, ByteString text) {
    int length = text.length();
    long block = slabs.allocateFar(length + 1L);
    text.copyTo(Region.MEMORY, block);
    Lua.pushString(running, block + base, length);
    slabs.free(block, length + 1L);
  }

  /**
   * Compiles a chunk and pushes its function, or a message that tells what is wrong.
   *
   * @param name as in messages: "@" and what stands before the line's number
   * @return whether it could be compiled
   */
  boolean compile(long address, int length, String name) {
    ByteString chunk = ByteString.of(name + '\0');
    long block = slabs.allocateFar(chunk.length());
    chunk.copyTo(Region.MEMORY, block);
    int status = Lua.load(state, address + base, length, block + base);
    slabs.free(block, chunk.length());
    return status == 0;
  }

  /** As {@link #compile(long, int, String)}, of text. */
  boolean compile(String text, String name) {
    ByteString bytes = ByteString.of(text);
    long block = slabs.allocateFar(bytes.length() + 1L);
    bytes.copyTo(Region.MEMORY, block);
    boolean compiled = compile(block, bytes.length(), name);
    slabs.free(block, bytes.length() + 1L);
    return compiled;
  }

  /** Calls the function below its arguments, as Lua's own code: errors and limits hold. */
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
    arena.close();
  }
}
