package io.redoubt.server.script;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.memory.Region;
import java.util.List;
import java.util.stream.Stream;

/** The primitives that show errors to scripts as Redis does. */
final class ErrorTexts {

  /** Errors of Lua's functions start with the place of their call, which may be in the prelude. */
  private static final List<ByteString> OWN =
      Stream.of("sandbox", "patterns", "cjson", "cmsgpack", "struct", "redis")
          .map(part -> ByteString.of(part + ":"))
          .toList();

  private static final ByteString NO_FUNCTION = ByteString.of("attempt to call a boolean value");

  private static final ByteString ERR = ByteString.of("err");

  private final LuaState lua;

  ErrorTexts(LuaState lua) {
    this.lua = lua;
  }

  /** without_own_place(problem): returns an error without the place of a line of the prelude. */
  int withoutOwnPlace(long state) {
    Lua.setTop(state, 1);
    removeOwnPlace(state);
    return 1;
  }

  /**
   * caught(false, problem): returns what pcall returns for an error. A table with a text in its
   * field 'err' is replaced by this text; any other value of the field follows the table. caught()
   * returns what Redis' pcall returns without a function.
   */
  int caught(long state) {
    if (Lua.top(state) == 0) {
      Lua.pushBoolean(state, 0);
      lua.pushText(state, NO_FUNCTION);
      return 2;
    }
    Lua.setTop(state, 2);
    try {
      show(state);
    } catch (OutOfMemoryError full) {
      Lua.setTop(state, 2); // the error stays as it is
    }
    return Lua.top(state);
  }

  private void show(long state) {
    if (Lua.type(state, 2) != Lua.TABLE) {
      removeOwnPlace(state);
      return;
    }
    lua.pushText(state, ERR);
    Lua.rawGet(state, 2);
    int type = Lua.type(state, 3);
    if (type == Lua.STRING || type == Lua.NUMBER) {
      Lua.remove(state, 2);
    }
  }

  /** Removes the place from the error on top. */
  private void removeOwnPlace(long state) {
    if (Lua.type(state, -1) != Lua.STRING) {
      return;
    }
    long text = lua.bytes(state, -1);
    int length = LuaState.length(state, -1);
    int place = ownPlaceLength(text, length);
    if (place > 0) {
      lua.pushBytes(state, text + place, length - place);
      Lua.remove(state, -2);
    }
  }

  private static int ownPlaceLength(long text, int length) {
    for (ByteString chunk : OWN) {
      if (chunk.length() < length && chunk.equals(Region.MEMORY, text, chunk.length())) {
        return placeLength(text, length, chunk.length());
      }
    }
    return 0;
  }

  /** Returns the length of a place, the part up to the text after a line number; else 0. */
  private static int placeLength(long text, int length, int chunk) {
    int end = chunk;
    while (end < length && isDigit(Region.getByte(text + end))) {
      end++;
    }
    boolean isPlace =
        end > chunk
            && end + 2 <= length
            && Region.getByte(text + end) == ':'
            && Region.getByte(text + end + 1) == ' ';
    return isPlace ? end + 2 : 0;
  }

  private static boolean isDigit(byte c) {
    return c >= '0' && c <= '9';
  }
}
