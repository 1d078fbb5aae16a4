package io.redoubt.server.script;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Slabs;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Changes a stack in place and compares what Lua's own functions make of it with a list. */
final class LuaStackTest {
  private static final int CHANGES = 20_000;
  private static final int MAX_VALUES = 15; // Lua has room for 20

  private final Random random = Seed.random("LuaStackTest");
  private final List<Object> model = new ArrayList<>();

  @Test
  void changesLikeAList() {
    Slabs slabs = CheckingSlabs.create();
    try (slabs;
        LuaState lua = new LuaState(slabs, () -> true)) {
      for (int i = 0; i < CHANGES; i++) {
        change(lua.main());
        assertThat(LuaStack.top(lua.main())).isEqualTo(model.size());
        for (int at = 1; at <= model.size(); at++) {
          assertThat(value(lua, at)).isEqualTo(model.get(at - 1));
          assertThat(value(lua, at - model.size() - 1)).isEqualTo(model.get(at - 1));
        }
        assertThat(LuaStack.type(lua.main(), model.size() + 1)).isEqualTo(-1);
      }
      checkByLua(lua);
    }
  }

  private void change(long state) {
    int size = model.size();
    int what = size == 0 ? random.nextInt(4) : size == MAX_VALUES ? 7 : random.nextInt(8);
    int index = size == 0 ? 0 : 1 + random.nextInt(size);
    int sameFromTop = random.nextBoolean() ? index : index - size - 1;
    switch (what) {
      case 0 -> {
        LuaStack.pushNil(state);
        model.add("nil");
      }
      case 1 -> {
        double number = random.nextGaussian();
        LuaStack.pushNumber(state, number);
        model.add(number);
      }
      case 2 -> {
        boolean value = random.nextBoolean();
        LuaStack.pushBoolean(state, value);
        model.add(value);
      }
      case 3 -> {
        Lua.newTable(state, 1, 0);
        Lua.pushNumber(state, random.nextInt(1000));
        Lua.stringOf(state, -1);
        Lua.rawSet(state, -2, 1); // by Lua's own function
        assertThat(LuaStack.pushElement(state, -1, 1)).isTrue();
        assertThat(LuaStack.pushElement(state, -2, 2)).isFalse();
        assertThat(LuaStack.pushElement(state, -2, 0)).isFalse();
        LuaStack.remove(state, -2);
        model.add(new Text(LuaStack.string(state, -1)));
      }
      case 4 -> {
        LuaStack.copy(state, sameFromTop);
        model.add(model.get(index - 1));
      }
      case 5 -> {
        LuaStack.insert(state, sameFromTop);
        Collections.rotate(model.subList(index - 1, size), 1);
      }
      case 6 -> {
        LuaStack.remove(state, sameFromTop);
        model.remove(index - 1);
      }
      default -> {
        int target = random.nextInt(MAX_VALUES + 1);
        LuaStack.setTop(state, target <= size && random.nextBoolean() ? target - size - 1 : target);
        while (model.size() > target) {
          model.removeLast();
        }
        while (model.size() < target) {
          model.add("nil");
        }
      }
    }
  }

  /** The address of a string. */
  private record Text(long address) {}

  private static Object value(LuaState lua, int index) {
    long state = lua.main();
    return switch (LuaStack.type(state, index)) {
      case Lua.NIL -> "nil";
      case Lua.BOOLEAN -> LuaStack.isTrue(state, index);
      case Lua.NUMBER -> LuaStack.number(state, index);
      case Lua.STRING -> new Text(LuaStack.string(state, index));
      default -> throw new AssertionError("another type");
    };
  }

  /** Passes all kinds of values to a function of Lua and reads its results. */
  private static void checkByLua(LuaState lua) {
    long state = lua.main();
    Lua.setTop(state, 0);
    assertThat(
            lua.compile(
                "local a, b, c, d, e = ... return type(a), b + 1, not c, type(d), #e, e .. '!'",
                "=test"))
        .isTrue();
    LuaStack.pushNil(state);
    LuaStack.pushNumber(state, 1.5);
    LuaStack.pushBoolean(state, true);
    LuaStack.pushAddress(state, 0);
    lua.pushText(state, "five!");
    assertThat(Lua.pcall(state, 5, 6, 0)).isZero();
    assertThat(lua.text(state, 1).toString()).isEqualTo("nil");
    assertThat(LuaStack.number(state, 2)).isEqualTo(2.5);
    assertThat(LuaStack.isTrue(state, 3)).isFalse();
    assertThat(lua.text(state, 4).toString()).isEqualTo("userdata");
    assertThat(LuaStack.number(state, 5)).isEqualTo(5);
    assertThat(lua.text(state, 6).toString()).isEqualTo("five!!");
    assertThat(LuaStack.stringLength(state, 6)).isEqualTo(6);
    assertThat(Lua.string(state, 5)).isZero();
  }
}
