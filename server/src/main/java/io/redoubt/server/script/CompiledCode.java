package io.redoubt.server.script;

import io.redoubt.server.memory.Region;

/**
 * Reads and changes compiled functions. The layout is that of lobject.h of Lua 5.1 on 64-bit
 * platforms, the instructions are those of lopcodes.h.
 */
final class CompiledCode {

  // LClosure: whether it is a C function, and the address of the prototype.
  private static final int IS_NATIVE = 10;
  private static final int PROTOTYPE = 32;

  // Proto: the addresses and lengths of the instructions and of the prototypes of inner functions,
  // and the number of parameters with a byte for surplus ones.
  private static final int CODE = 24;
  private static final int FUNCTIONS = 32;
  private static final int CODE_LENGTH = 80;
  private static final int FUNCTIONS_LENGTH = 88;
  private static final int PARAMETERS = 113;
  private static final int SURPLUS = 114;

  private static final int OPCODE_BITS = 0x3f;
  private static final int SETGLOBAL = 7;
  private static final int CALL = 28;
  private static final int TAILCALL = 29;
  private static final int SETLIST = 34;

  /** Of SETLIST: without them, the next word is no instruction but the place in the list. */
  private static final int PLACE_BITS = 0x1ff << 14;

  private CompiledCode() {}

  private static long prototype(long function) {
    return LuaStack.region(Region.getLong(function + PROTOTYPE));
  }

  private static int codeLength(long prototype) {
    return Region.getInt(prototype + CODE_LENGTH);
  }

  /** Returns the region address of an instruction. */
  private static long instruction(long prototype, int i) {
    return LuaStack.region(Region.getLong(prototype + CODE)) + (long) i * Integer.BYTES;
  }

  /** Returns the index of the instruction after one. */
  private static int next(int i, int instruction) {
    boolean hasPlace = (instruction & OPCODE_BITS) == SETLIST && (instruction & PLACE_BITS) == 0;
    return hasPlace ? i + 2 : i + 1;
  }

  /** Returns the prototype of an inner function. */
  private static long inner(long prototype, int i) {
    long functions = LuaStack.region(Region.getLong(prototype + FUNCTIONS));
    return LuaStack.region(Region.getLong(functions + (long) i * Long.BYTES));
  }

  /**
   * Replaces the tail calls of a function and of the functions in it by ordinary ones, so that the
   * callers' frames stay and errors can report their lines. The instruction after a tail call
   * returns all results in either case.
   *
   * @param function the region address of a closure of Lua code
   * @return the number of replaced calls
   */
  static int replaceTailCalls(long function) {
    return replaceIn(prototype(function));
  }

  private static int replaceIn(long prototype) {
    int replaced = 0;
    for (int i = 0, instruction; i < codeLength(prototype); i = next(i, instruction)) {
      long at = instruction(prototype, i);
      instruction = Region.getInt(at);
      if ((instruction & OPCODE_BITS) == TAILCALL) {
        Region.putInt(at, instruction - TAILCALL + CALL);
        replaced++;
      }
    }
    for (int i = 0; i < Region.getInt(prototype + FUNCTIONS_LENGTH); i++) {
      replaced += replaceIn(inner(prototype, i));
    }
    return replaced;
  }

  /**
   * Returns true if a function, or one in it, has an instruction that sets a global variable.
   *
   * @param function the region address of a closure of Lua code
   */
  static boolean setsGlobals(long function) {
    return hasSetGlobal(prototype(function));
  }

  private static boolean hasSetGlobal(long prototype) {
    for (int i = 0, instruction; i < codeLength(prototype); i = next(i, instruction)) {
      instruction = Region.getInt(instruction(prototype, i));
      if ((instruction & OPCODE_BITS) == SETGLOBAL) {
        return true;
      }
    }
    for (int i = 0; i < Region.getInt(prototype + FUNCTIONS_LENGTH); i++) {
      if (hasSetGlobal(inner(prototype, i))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns true if two functions have the same parameters and instructions. If one of them uses no
   * constants, variables of other functions or inner functions, the other does the same as it.
   *
   * @param function the region address of a closure of any kind
   * @param other that of Lua code
   */
  static boolean isSame(long function, long other) {
    if (Region.getByte(function + IS_NATIVE) != 0) {
      return false;
    }
    long a = prototype(function);
    long b = prototype(other);
    return codeLength(a) == codeLength(b)
        && Region.getByte(a + PARAMETERS) == Region.getByte(b + PARAMETERS)
        && Region.getByte(a + SURPLUS) == Region.getByte(b + SURPLUS)
        && Region.equal(instruction(a, 0), instruction(b, 0), codeLength(a) * Integer.BYTES);
  }
}
