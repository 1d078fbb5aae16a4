package io.redoubt.server.script;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.server.memory.RegionFull;
import io.redoubt.server.memory.Slabs;

/**
 * The primitives of the libraries {@code cjson}, {@code cmsgpack} and {@code struct}. Each returns
 * true and its results, or false and an error.
 */
final class FormatPrimitives implements AutoCloseable {

  private final LuaState lua;
  private final ScriptBudget budget;
  private final ScriptOutput out;
  private final JsonEncoder jsonEncoder;
  private final JsonDecoder jsonDecoder;
  private final MessagePackEncoder messagePackEncoder;
  private final MessagePackDecoder messagePackDecoder;
  private final StructPrimitives structs;

  FormatPrimitives(LuaState lua, Slabs slabs) {
    this.lua = lua;
    budget = new ScriptBudget(lua);
    out = new ScriptOutput(slabs, budget);
    jsonEncoder = new JsonEncoder(lua, budget, out);
    jsonDecoder = new JsonDecoder(budget, out);
    messagePackEncoder = new MessagePackEncoder(lua, budget, out);
    messagePackDecoder = new MessagePackDecoder(budget);
    structs = new StructPrimitives(lua, budget, out);
  }

  /** The work of a primitive: leaves its results on the stack, above true. */
  private interface Work {
    void run(long state);
  }

  private int guarded(long state, Work work) {
    int arguments = Lua.top(state);
    budget.begin(state);
    out.clear();
    try {
      Lua.pushBoolean(state, 1);
      work.run(state);
      return Lua.top(state) - arguments;
    } catch (ScriptBudget.Interrupted interrupted) {
      Lua.setTop(state, arguments);
      return 0; // the script fails at its next instruction
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError fault) {
      Lua.setTop(state, arguments);
      Lua.pushBoolean(state, 0);
      pushError(state, fault);
      return 2;
    } finally {
      out.clear();
    }
  }

  private void pushError(long state, Throwable fault) {
    if (fault instanceof RegionFull) {
      LuaValues.pushOutOfMemory(state);
    } else {
      boolean ofScript = fault instanceof ScriptBudget.Refused;
      String text = ofScript ? "" + fault.getMessage() : "ERR internal error: " + fault;
      lua.pushText(state, ByteString.of(text.getBytes(ISO_8859_1))); // it may quote a byte
    }
  }

  /**
   * json_encode(value, depth, sparse to object, sparse ratio, sparse safe, precision, invalid
   * numbers): returns the text. The last is 0 to refuse them, 1 for null, 2 to write them.
   */
  int jsonEncode(long state) {
    return guarded(
        state,
        running -> {
          JsonEncoder.Settings settings =
              new JsonEncoder.Settings(
                  (int) Lua.number(running, 2),
                  Lua.bool(running, 3) != 0,
                  Lua.number(running, 4),
                  Lua.number(running, 5),
                  (int) Lua.number(running, 6),
                  JsonEncoder.InvalidNumbers.values()[(int) Lua.number(running, 7)]);
          Lua.copy(running, 1);
          jsonEncoder.encode(running, settings);
          out.push();
        });
  }

  /** json_decode(text, depth, takes invalid numbers): returns the value. */
  int jsonDecode(long state) {
    return guarded(
        state,
        running ->
            jsonDecoder.decode(
                running,
                lua.bytes(running, 1),
                LuaState.length(running, 1),
                (int) Lua.number(running, 2),
                Lua.bool(running, 3) != 0));
  }

  /** pack(value, ...): returns the bytes of all values. */
  int pack(long state) {
    int count = Lua.top(state);
    return guarded(
        state,
        running -> {
          for (int i = 1; i <= count; i++) {
            Lua.copy(running, i);
            messagePackEncoder.encode(running);
          }
          out.push();
        });
  }

  /**
   * unpack(bytes, limit, offset): returns the offset after the values that were read, or -1 at the
   * end, and then the values; without limit and offset all values alone.
   */
  int unpack(long state) {
    return guarded(
        state,
        running -> {
          long start = lua.bytes(running, 1);
          long end = start + LuaState.length(running, 1);
          long limit = (long) Lua.number(running, 2);
          long offset = (long) Lua.number(running, 3);
          boolean all = limit == 0 && offset == 0;
          int place = Lua.top(running) + 1;
          messagePackDecoder.begin(running, start + offset, end - start - offset);
          for (long n = 0; messagePackDecoder.at() < end && (all || n < limit); n++) {
            if (Lua.room(running, 2) == 0) {
              throw MessagePackDecoder.tooMany();
            }
            messagePackDecoder.decode();
          }
          if (!all) {
            long after = messagePackDecoder.at();
            Lua.pushNumber(running, after == end ? -1 : after - start);
            Lua.insert(running, place);
          }
        });
  }

  /** struct_pack(format, ...): returns the bytes. */
  int structPack(long state) {
    return guarded(state, structs::pack);
  }

  /** struct_unpack(format, bytes, position): returns the values and the position behind them. */
  int structUnpack(long state) {
    return guarded(state, structs::unpack);
  }

  /** struct_size(format): returns the number of bytes. */
  int structSize(long state) {
    return guarded(state, structs::size);
  }

  @Override
  public void close() {
    out.close();
  }
}
