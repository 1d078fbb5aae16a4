package io.redoubt.server.script;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.protocol.resp.ReplyWriter;
import io.redoubt.protocol.resp.Request;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Runs scripts in one state of Lua, one at a time, on the thread that owns the data. What scripts
 * see is made by the prelude, a resource beside this class: Redis' libraries, the sandbox.
 */
public final class ScriptEngine implements AutoCloseable {

  /** The name of scripts in messages. */
  private static final String SCRIPT = "@user_script";

  /** The most memory that scripts may take, in bytes, with what they keep between runs. */
  private static final long MAX_HEAP_BYTES = 1L << 30;

  private static final String[] PRELUDE = {"sandbox", "cjson", "cmsgpack", "struct", "redis"};

  // What lies at the bottom of the main stack.
  private static final int ERROR_HANDLER = 1;
  private static final int VARIABLES = 2;
  private static final int FUNCTIONS = 3;
  private static final int KEYS = 4;
  private static final int ARGV = 5;
  private static final int COMPILE = 6;
  private static final int FIXED = 6;

  private final LuaState lua;
  private final LuaValues values;
  private final Primitives primitives;
  private int references;
  private @Nullable CommandRunner running;
  private @Nullable String interruption;

  /**
   * Makes an engine.
   *
   * @throws ScriptEngineException when the platform has none
   */
  public ScriptEngine(Slabs slabs) {
    lua = new LuaState(slabs);
    long state = lua.main();
    Lua.top(state, FIXED);
    values = new LuaValues(lua);
    primitives = new Primitives(lua, values, slabs);
    lua.heap().limitBytes(MAX_HEAP_BYTES);
    Lua.newTable(state, 0, 0);
    replace(FUNCTIONS);
    lua.pushText(state, "KEYS");
    replace(KEYS);
    lua.pushText(state, "ARGV");
    replace(ARGV);
    loadPrelude();
    lua.hook(this::tick);
  }

  /** Pops the top into one of the fixed places. */
  private void replace(int index) {
    long state = lua.main();
    Lua.insert(state, index);
    Lua.remove(state, index + 1);
  }

  /** Runs the prelude's parts: each is given the primitives and a table that all of them share. */
  private void loadPrelude() {
    long state = lua.main();
    int base = Lua.top(state);
    primitives.push();
    Lua.newTable(state, 0, 0);
    for (String part : PRELUDE) {
      if (!lua.compile(resource(part + ".lua"), "=" + part)) {
        throw broken(part);
      }
      Lua.copy(state, base + 1);
      Lua.copy(state, base + 2);
      if (Lua.pcall(state, 2, 0, 0) != 0) {
        throw broken(part);
      }
    }
    lua.pushText(state, "error_handler");
    Lua.rawGet(state, base + 2);
    replace(ERROR_HANDLER);
    lua.pushText(state, "compile");
    Lua.rawGet(state, base + 2);
    replace(COMPILE);
    lua.pushText(state, "variables");
    Lua.rawGet(state, base + 2);
    replace(VARIABLES);
    Lua.top(state, base);
  }

  private IllegalStateException broken(String part) {
    return new IllegalStateException(part + ".lua: " + lua.text(lua.main(), -1));
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
   * @param address where its text is in the region
   * @param name what its errors call it
   * @throws CommandError when it cannot be compiled, or its first line is malformed
   */
  public Script compile(long address, int length, String name) {
    long state = lua.main();
    String text = new String(Region.toByteArray(address, length), StandardCharsets.ISO_8859_1);
    Shebang shebang = Shebang.ofScript(text);
    // The end of the first line stays, so that lines keep their numbers.
    int skipped = shebang.bytes();
    Lua.copy(state, COMPILE);
    lua.pushBytes(state, address + skipped, length - skipped);
    lua.pushText(state, SCRIPT);
    if (Lua.pcall(state, 2, 2, 0) != 0) {
      throw new IllegalStateException(lua.text(state, -1).toString());
    }
    if (Lua.type(state, -2) == Lua.NIL) {
      String problem = lua.text(state, -1).toString();
      Lua.top(state, -3);
      throw new CommandError("ERR Error compiling script (new function): " + problem);
    }
    Lua.top(state, -2);
    Lua.rawSet(state, FUNCTIONS, ++references);
    return new Script(references, name, shebang.flags());
  }

  /** Gives a script up. */
  public void forget(Script script) {
    Lua.pushNil(lua.main());
    Lua.rawSet(lua.main(), FUNCTIONS, script.reference());
  }

  /**
   * Runs a script and writes what it returns, or its error.
   *
   * @param request has the keys from argument {@code firstKey} on, and after them the arguments
   */
  public void run(
      Script script,
      CommandRunner runner,
      Request request,
      int firstKey,
      int keys,
      ReplyWriter reply) {
    long state = lua.main();
    Lua.rawGet(state, FUNCTIONS, script.reference());
    variable(KEYS, request, firstKey, keys);
    int firstArgument = firstKey + keys;
    variable(ARGV, request, firstArgument, request.count() - firstArgument);
    running = runner;
    interruption = null;
    primitives.begin(runner);
    int status = lua.call(0, 1, ERROR_HANDLER);
    if (status == 0) {
      values.reply(reply, primitives.isResp3());
    } else {
      reply.error(error(script));
      Lua.top(state, -2);
    }
    primitives.end();
    running = null;
    if (interruption != null) {
      lua.endInterrupt();
    }
    Lua.gc(state, Lua.GC_STEP, 1);
  }

  /** Sets a global variable to an array of arguments. */
  private void variable(int name, Request request, int first, int count) {
    long state = lua.main();
    Lua.copy(state, name);
    Lua.newTable(state, count, 0);
    for (int i = 0; i < count; i++) {
      lua.pushBytes(state, request.offset(first + i), request.length(first + i));
      Lua.rawSet(state, -2, i + 1);
    }
    Lua.rawSet(state, VARIABLES);
  }

  /** The text of the error on top: a table as the handler makes it, or a message. */
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
    Lua.top(state, -2);
    return text;
  }

  private void tick(long state) {
    CommandRunner runner = running;
    if (runner == null || interruption != null) {
      return;
    }
    lua.heap().limited(false);
    interruption = runner.interruption();
    lua.heap().limited(true);
    if (interruption != null) {
      lua.interrupt(state);
    }
  }

  /** Bytes that Lua takes. */
  public long usedBytes() {
    return lua.heap().usedBytes();
  }

  /** Frees everything; no script can be run any more. */
  @Override
  public void close() {
    primitives.close();
    lua.close();
  }
}
