package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts in one Lua state, one at a time, on the thread that owns the data. The prelude, a
 * set of resources next to this class, builds the environment of scripts: Redis' libraries and the
 * sandbox.
 */
public final class ScriptEngine implements AutoCloseable {

  /** The name of scripts in messages. */
  private static final String SCRIPT = "@user_script";

  /** The name of libraries in messages. */
  private static final String FUNCTION = "@user_function";

  /**
   * Limited because the compiler cannot be interrupted and libraries are kept on the heap as texts.
   */
  private static final int MAX_TEXT_BYTES = 16 << 20;

  private static final CommandError TOO_LONG = new CommandError("ERR The script is too long");

  /** The maximum memory of scripts in bytes, including data kept between runs. */
  private static final long MAX_HEAP_BYTES = 512L << 20;

  private static final long MUCH_GARBAGE_BYTES = 8L << 20;

  /** Garbage tolerated until it is worth traversing all live objects. */
  private static final long SOME_GARBAGE_BYTES = 256L << 10;

  /**
   * A lower value than Lua's default, which starts a collection when the memory in use has doubled.
   */
  private static final int LEAST_PAUSE_PERCENT = 150;

  /** Lua's message for an allocation that failed. */
  private static final String NO_MEMORY = "not enough memory";

  private static final String[] PRELUDE = {
    "patterns", "sandbox", "cjson", "cmsgpack", "struct", "redis"
  };

  // The values at the bottom of the main stack.
  private static final int ERROR_HANDLER = 1;
  private static final int VARIABLES = 2;
  private static final int FUNCTIONS = 3;
  private static final int KEYS = 4;
  private static final int ARGV = 5;
  private static final int COMPILE = 6;
  private static final int LOADING = 7;

  /** The table shared by the parts of the prelude, including the primitives. */
  private static final int SHARED = 8;

  private static final int FIXED = 8;

  /** The memory for compiling a script and for its code, relative to the length of its text. */
  private static final long COMPILED_FACTOR = 32;

  private final LuaState lua;
  private final LuaValues values;
  private final Primitives primitives;
  private final ScriptArguments arguments;
  private int references;

  /** The memory in use after the last full collection. */
  private long liveBytes;

  private boolean hasDebugger;
  private @Nullable ScriptHost running;
  private @Nullable String interruption;

  /**
   * Creates an engine.
   *
   * @param nanoTime a monotonic clock in nanoseconds, which paces long scripts
   * @param version the Redis version visible to scripts: three numbers with dots
   * @param deprecatedApi true if scripts have setfenv, getfenv and newproxy
   * @throws ScriptEngineException if the platform has no Lua library
   * @throws OutOfMemoryError if there is no memory for Lua
   */
  public ScriptEngine(Slabs slabs, LongSupplier nanoTime, String version, boolean deprecatedApi) {
    lua = new LuaState(slabs, this::mayGoOn);
    long state = lua.main();
    Lua.setTop(state, FIXED);
    values = new LuaValues(lua);
    primitives = new Primitives(lua, values, slabs, nanoTime, version, deprecatedApi);
    lua.heap().setLimitBytes(MAX_HEAP_BYTES);
    try {
      loadPrelude();
    } catch (RuntimeException | OutOfMemoryError e) {
      close();
      throw e;
    }
    arguments = new ScriptArguments(lua, VARIABLES, KEYS, ARGV);
    lua.startHook();
    collectGarbage();
  }

  private void loadPrelude() {
    Lua.newTable(lua.main(), 0, 0);
    lua.pushText(lua.main(), "native");
    primitives.push();
    Lua.rawSet(lua.main(), -3);
    lua.replace(SHARED);
    for (String part : PRELUDE) {
      load(part);
    }
    keep("error_handler", ERROR_HANDLER);
    keep("compile", COMPILE);
    keep("loading", LOADING);
    keep("variables", VARIABLES);
    keep("functions", FUNCTIONS);
  }

  /** Runs a part of the prelude with the primitives and the shared table as arguments. */
  private void load(String part) {
    if (!lua.compile(resource(part + ".lua"), "=" + part)) {
      throw broken(part);
    }
    pushShared("native");
    Lua.copy(lua.main(), SHARED);
    if (Lua.pcall(lua.main(), 2, 0, 0) != 0) {
      throw broken(part);
    }
  }

  /** Pushes an entry of the shared table. */
  private void pushShared(String name) {
    lua.pushText(lua.main(), name);
    Lua.rawGet(lua.main(), SHARED);
  }

  /** Moves an entry of the shared table into one of the fixed slots. */
  private void keep(String name, int place) {
    pushShared(name);
    lua.replace(place);
  }

  private IllegalStateException broken(String part) {
    String reason = lua.text(lua.main(), -1).toString();
    if (reason.equals(NO_MEMORY)) {
      throw new OutOfMemoryError("Lua gets no memory");
    }
    return new IllegalStateException(part + ".lua: " + reason);
  }

  private static String resource(String name) {
    try (InputStream in = ScriptEngine.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Compiles a script.
   *
   * @param address the region address of its text
   * @param name the name in error messages
   * @throws CommandError if it cannot be compiled, or its first line is malformed
   */
  public Script compile(long address, int length, String name) {
    if (length > MAX_TEXT_BYTES) {
      throw TOO_LONG;
    }
    Shebang shebang = Shebang.ofScript(firstLine(address, length));
    lua.heap().require(length * COMPILED_FACTOR);
    // The end of the first line stays, so that line numbers are preserved.
    int skipped = shebang.bytes();
    compile(
        address + skipped, length - skipped, SCRIPT, "ERR Error compiling script (new function): ");
    Lua.rawSet(lua.main(), FUNCTIONS, ++references);
    return new Script(references, name, shebang.flags());
  }

  /**
   * Returns the flags declared in a script's first line; null if it declares none.
   *
   * @throws CommandError if the line is malformed
   */
  public static @Nullable Set<ScriptFlag> flags(long address, int length) {
    return Shebang.ofScript(firstLine(address, length)).flags();
  }

  /** Returns the first line, including its end, if it is a shebang; otherwise an empty string. */
  private static String firstLine(long address, int length) {
    if (length < 2 || Region.getByte(address) != '#' || Region.getByte(address + 1) != '!') {
      return "";
    }
    int end = 2;
    while (end < length && Region.getByte(address + end - 1) != '\n') {
      end++;
    }
    return new String(Region.toByteArray(address, end), StandardCharsets.ISO_8859_1);
  }

  /** Pushes a compiled chunk. */
  private void compile(long address, int length, String source, String errorPrefix) {
    long state = lua.main();
    Lua.copy(state, COMPILE);
    lua.pushBytes(state, address, length);
    lua.pushText(state, source);
    if (Lua.pcall(state, 2, 2, 0) != 0) {
      throw new IllegalStateException(lua.text(state, -1).toString());
    }
    if (Lua.type(state, -2) == Lua.NIL) {
      String problem = lua.text(state, -1).toString();
      Lua.setTop(state, -3);
      throw new CommandError(errorPrefix + problem);
    }
    Lua.setTop(state, -2);
  }

  /**
   * Loads a library: runs its text, which registers functions.
   *
   * @param address the region address of its text
   * @param runner receives its log messages, and may interrupt it
   * @throws CommandError if its first line is malformed, or it cannot be compiled, fails, or
   *     registers no function
   */
  public Library loadLibrary(long address, int length, ScriptHost runner) {
    if (length > MAX_TEXT_BYTES) {
      throw TOO_LONG;
    }
    Shebang shebang = Shebang.ofLibrary(firstLine(address, length));
    String name = String.valueOf(shebang.name());
    if (!isName(name)) {
      throw new CommandError(
          "ERR Library names can only contain letters, numbers, or underscores(_) and must be at"
              + " least one character long");
    }
    lua.heap().require(length * COMPILED_FACTOR);
    int skipped = shebang.bytes();
    compile(address + skipped, length - skipped, FUNCTION, "ERR Error compiling function: ");
    Map<String, Library.Function> functions = new LinkedHashMap<>();
    primitives.begin(
        (function, description, flags) -> register(functions, function, description, flags));
    String error = null;
    running = runner;
    interruption = null;
    try {
      setLoading(true);
      int status = lua.call(0, 0, ERROR_HANDLER);
      end();
      setLoading(false);
      if (status != 0) {
        error = "ERR Error registering functions: " + loadError();
        Lua.setTop(lua.main(), -2);
      } else if (functions.isEmpty()) {
        error = "ERR No functions registered";
      }
    } finally {
      primitives.endLibrary();
    }
    collectMuchGarbage();
    if (error != null) {
      functions.values().forEach(function -> forget(function.script()));
      throw new CommandError(error);
    }
    ByteString code = ByteString.copyOf(Region.MEMORY, address, length);
    return new Library(name, code, List.copyOf(functions.values()));
  }

  private static boolean isName(String text) {
    return !text.isEmpty()
        && text.chars().allMatch(c -> c == '_' || (c < 128 && Character.isLetterOrDigit(c)));
  }

  /** Switches to the restricted environment of a library during loading, and back. */
  private void setLoading(boolean on) {
    long state = lua.main();
    Lua.copy(state, LOADING);
    Lua.pushBoolean(state, on ? 1 : 0);
    if (Lua.pcall(state, 1, 0, 0) != 0) {
      throw new IllegalStateException(lua.text(state, -1).toString());
    }
  }

  private int register(
      Map<String, Library.Function> functions,
      String name,
      @Nullable String description,
      String flags) {
    if (functions.containsKey(name)) {
      return 0;
    }
    Set<ScriptFlag> set = EnumSet.noneOf(ScriptFlag.class);
    for (String word : flags.split(",", -1)) {
      ScriptFlag flag = ScriptFlag.named(word);
      if (flag != null) {
        set.add(flag);
      }
    }
    Script script = new Script(++references, name, set);
    functions.put(name, new Library.Function(script, description));
    return references;
  }

  private String loadError() {
    if (Lua.type(lua.main(), -1) != Lua.TABLE) {
      return lua.textOf(lua.main(), -1).toString();
    }
    String text = interruption != null ? interruption : field("err");
    return text.startsWith("ERR ") ? text.substring(4) : text;
  }

  /** Releases a script. */
  public void forget(Script script) {
    Lua.pushNil(lua.main());
    Lua.rawSet(lua.main(), FUNCTIONS, script.reference());
  }

  /**
   * Runs a script and writes its result, or its error.
   *
   * @param request has the keys from argument {@code firstKey} on, followed by the arguments
   */
  public void run(
      Script script,
      ScriptHost runner,
      Request request,
      int firstKey,
      int keys,
      ReplyWriter reply) {
    arguments.require(request);
    long state = lua.main();
    Lua.rawGet(state, FUNCTIONS, script.reference());
    arguments.setVariables(request, firstKey, keys);
    run(script, runner, 0, reply);
  }

  /**
   * Runs a script in the debugger, like {@link #run(Script, ScriptHost, Request, int, int,
   * ReplyWriter)}; its text is argument 1.
   */
  public void debug(
      Script script,
      ScriptHost runner,
      Request request,
      int firstKey,
      int keys,
      ReplyWriter reply) {
    if (!hasDebugger) {
      load("debugger");
      hasDebugger = true;
    }
    pushShared("debug");
    lua.pushBytes(lua.main(), request.offset(1), request.length(1));
    beginOrEndDebugging();
    lua.setDebugged(true);
    run(script, runner, request, firstKey, keys, reply);
    pushShared("debug");
    Lua.pushNil(lua.main());
    beginOrEndDebugging();
    lua.setDebugged(false);
  }

  private void beginOrEndDebugging() {
    if (Lua.pcall(lua.main(), 1, 0, 0) != 0) {
      throw broken("debugger");
    }
  }

  /**
   * Runs a function of a library and writes its result, or its error. The function receives the
   * keys and the arguments as two arrays.
   *
   * @param request has the keys from argument {@code firstKey} on, followed by the arguments
   */
  public void call(
      Script function,
      ScriptHost runner,
      Request request,
      int firstKey,
      int keys,
      ReplyWriter reply) {
    arguments.require(request);
    Lua.rawGet(lua.main(), FUNCTIONS, function.reference());
    arguments.pushArrays(request, firstKey, keys);
    run(function, runner, 2, reply);
  }

  private void run(Script script, ScriptHost runner, int argumentCount, ReplyWriter reply) {
    long state = lua.main();
    running = runner;
    interruption = null;
    primitives.begin(runner);
    int status = lua.call(argumentCount, 1, ERROR_HANDLER);
    if (status == 0) {
      values.reply(reply, primitives.isResp3(), runner);
    } else {
      String error = error(script);
      boolean ofCommand = Lua.type(state, -1) == Lua.TABLE && values.isOfCommand();
      Lua.setTop(state, -2);
      reply.error(error);
      runner.repliesError(error, ofCommand);
    }
    primitives.end();
    end();
    collectMuchGarbage();
  }

  /**
   * Collects a large amount of garbage at once; the incremental collector frees smaller amounts
   * while scripts run.
   */
  private void collectMuchGarbage() {
    if (lua.heap().usedBytes() > 2 * liveBytes + MUCH_GARBAGE_BYTES
        || lua.heap().isCollectionDue()) {
      arguments.clear();
      collectGarbage();
    }
  }

  private void collectGarbage() {
    long before;
    do {
      before = lua.heap().usedBytes();
      Lua.gc(lua.main(), Lua.GC_COLLECT, 0);
      liveBytes = lua.heap().usedBytes();
    } while (liveBytes < before); // Lua's own buffers halve at each pass
    lua.heap().onCollected();
    long pausePercent = 100 + 100 * SOME_GARBAGE_BYTES / liveBytes;
    Lua.gc(lua.main(), Lua.GC_SET_PAUSE, (int) Math.max(LEAST_PAUSE_PERCENT, pausePercent));
  }

  private void end() {
    running = null;
    if (interruption != null) {
      lua.endInterrupt();
    }
  }

  /** Returns the text of the error on top: a table created by the handler, or a message. */
  private String error(Script script) {
    long state = lua.main();
    if (Lua.type(state, -1) != Lua.TABLE) {
      String message =
          Lua.type(state, -1) == Lua.STRING ? lua.text(state, -1).toString() : "unknown error";
      return "ERR " + message + " script: " + script.name();
    }
    String text = interruption != null ? "ERR " + interruption : field("err");
    String source = field("source");
    String place = source.isEmpty() ? "" : ", on " + source + ":" + field("line") + ".";
    return text + " script: " + script.name() + place;
  }

  private String field(String name) {
    long state = lua.main();
    lua.pushText(state, name);
    Lua.rawGet(state, -2);
    int type = Lua.type(state, -1);
    String text = type == Lua.STRING || type == Lua.NUMBER ? lua.textOf(state, -1).toString() : "";
    Lua.setTop(state, -2);
    return text;
  }

  private boolean mayGoOn() {
    ScriptHost runner = running;
    if (runner == null) {
      return true; // it is the prelude's own code
    }
    if (interruption == null) {
      try {
        interruption = runner.interruption();
      } catch (RuntimeException fault) { // nothing may be thrown into native code
        interruption = "internal error: " + fault;
      }
    }
    return interruption == null;
  }

  /** Returns Lua's memory in use, in bytes. */
  public long usedBytes() {
    return lua.heap().usedBytes();
  }

  /** Frees memory kept for the next script if none has run since the last call. */
  public void freeIdleMemory() {
    lua.heap().releaseIdle();
  }

  /** Frees everything; no script can run afterwards. */
  @Override
  public void close() {
    primitives.close();
    lua.close();
  }
}
