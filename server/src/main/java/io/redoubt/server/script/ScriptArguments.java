package io.redoubt.server.script;

import io.redoubt.protocol.resp.Request;

/**
 * The arguments of scripts and functions as Lua tables. The tables KEYS and ARGV are kept for the
 * next script, which reuses them if their lengths fit.
 */
final class ScriptArguments {
  /** The size of a table element and of a string without its bytes. */
  private static final long ELEMENT_BYTES = 64;

  private static final long LARGE_REQUEST_BYTES = 512 << 10;

  private final LuaState lua;
  private final int variables;
  private final int keys;
  private final int argv;

  /**
   * Creates empty tables.
   *
   * @param variables the place on the main stack of the table of global variables
   * @param keys the place of KEYS
   * @param argv the place of ARGV
   */
  ScriptArguments(LuaState lua, int variables, int keys, int argv) {
    this.lua = lua;
    this.variables = variables;
    this.keys = keys;
    this.argv = argv;
    clear();
  }

  /** Empties KEYS and ARGV. */
  void clear() {
    newArray(keys, 0);
    newArray(argv, 0);
  }

  /**
   * Checks that there is memory for the arguments of a request.
   *
   * @throws OutOfMemoryError if there is not
   */
  void require(Request request) {
    long bytes = request.end() - request.start();
    lua.heap().require(bytes + request.count() * ELEMENT_BYTES);
    if (bytes > LARGE_REQUEST_BYTES) {
      for (int i = 0; i < request.count(); i++) {
        lua.heap().requireString(request.length(i));
      }
    }
  }

  /**
   * Sets KEYS and ARGV.
   *
   * @param request has the keys from argument {@code firstKey} on, followed by the arguments
   */
  void setVariables(Request request, int firstKey, int keyCount) {
    variable(keys, request, firstKey, keyCount);
    int firstArgument = firstKey + keyCount;
    variable(argv, request, firstArgument, request.count() - firstArgument);
  }

  /** Pushes the keys and the arguments as two arrays. */
  void pushArrays(Request request, int firstKey, int keyCount) {
    array(request, firstKey, keyCount);
    int firstArgument = firstKey + keyCount;
    array(request, firstArgument, request.count() - firstArgument);
  }

  /** Fills KEYS or ARGV, reusing the previous script's table if it fits. */
  private void variable(int place, Request request, int first, int count) {
    if (!isArray(place, count)) {
      newArray(place, count);
    }
    for (int i = 0; i < count; i++) {
      lua.pushBytes(lua.main(), request.offset(first + i), request.length(first + i));
      // An ordinary call: a script may have emptied elements, so storing one may allocate.
      Lua.rawSet(lua.main(), place, i + 1);
    }
  }

  /** Returns true if KEYS or ARGV has this number of elements and no additions of a script. */
  private boolean isArray(int place, int count) {
    long state = lua.main();
    int top = Lua.top(state);
    if (Lua.length(state, place) == count && Lua.metatable(state, place) == 0) {
      if (count == 0) {
        Lua.pushNil(state);
      } else {
        Lua.pushNumber(state, count);
      }
      if (Lua.next(state, place) == 0) { // nothing follows the last element
        return true;
      }
    }
    Lua.setTop(state, top);
    return false;
  }

  private void newArray(int place, int count) {
    long state = lua.main();
    Lua.newTable(state, count, 0);
    for (int i = 1; i <= count; i++) {
      Lua.pushBoolean(state, 0);
      Lua.rawSet(state, -2, i);
    }
    lua.replace(place);
    lua.pushText(state, place == keys ? "KEYS" : "ARGV");
    Lua.copy(state, place);
    Lua.rawSet(state, variables);
  }

  /** Pushes an array of arguments. */
  private void array(Request request, int first, int count) {
    long state = lua.main();
    Lua.newTable(state, count, 0);
    for (int i = 0; i < count; i++) {
      lua.pushBytes(state, request.offset(first + i), request.length(first + i));
      Lua.rawSet(state, -2, i + 1);
    }
  }
}
