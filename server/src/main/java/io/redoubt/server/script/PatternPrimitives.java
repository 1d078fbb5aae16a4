package io.redoubt.server.script;

/** The primitive from which the prelude builds the pattern functions for long texts. */
final class PatternPrimitives {

  // The kinds of search.
  private static final int PLAIN = 0;
  private static final int SEARCHED = 1;

  private final LuaState lua;
  private final PatternMatch match;
  private long running;

  PatternPrimitives(LuaState lua) {
    this.lua = lua;
    match = new PatternMatch(() -> lua.tick(running));
  }

  /**
   * match(text, pattern, from, how): returns the first and last index of the first match from an
   * index on, and its captures; nothing without a match; false and a message if the pattern is
   * malformed. {@code how} is 0 for plain text, 1 for a pattern, 2 for a pattern in which ^ has no
   * meaning.
   */
  int match(long state) {
    running = state;
    long text = lua.bytes(state, 1);
    int length = LuaState.length(state, 1);
    long from = (long) Lua.number(state, 3) - 1;
    int how = (int) Lua.number(state, 4);
    boolean found;
    try {
      found =
          how == PLAIN
              ? match.findPlain(lua.bytes(state, 2), LuaState.length(state, 2), text, length, from)
              : match.find(lua.text(state, 2), how == SEARCHED, text, length, from);
    } catch (IllegalArgumentException malformed) {
      Lua.pushBoolean(state, 0);
      lua.pushText(state, String.valueOf(malformed.getMessage()));
      return 2;
    } catch (ScriptBudget.Interrupted e) {
      return 0; // the script fails at its next instruction
    }
    if (!found) {
      return 0;
    }
    int captures = match.captures();
    if (Lua.room(state, captures + 2) == 0) {
      return 0;
    }
    Lua.pushNumber(state, match.start() - text + 1);
    Lua.pushNumber(state, match.end() - text);
    for (int i = 0; i < captures; i++) {
      long start = match.captureStart(i);
      long captured = match.captureLength(i);
      if (captured < 0) {
        Lua.pushNumber(state, start - text + 1);
      } else {
        lua.pushBytes(state, start, (int) captured);
      }
    }
    return captures + 2;
  }
}
