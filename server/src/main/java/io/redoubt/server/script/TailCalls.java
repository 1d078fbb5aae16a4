package io.redoubt.server.script;

import io.redoubt.server.memory.Region;

/**
 * Replaces tail calls by ordinary ones in compiled functions, so that the callers' frames stay and
 * errors can report their lines. The layout is that of lobject.h of Lua 5.1 on 64-bit platforms,
 * the instructions are those of lopcodes.h.
 */
final class TailCalls {

  /** LClosure: the address of the prototype. */
  private static final int PROTOTYPE = 32;

  // Proto: the addresses and lengths of the instructions and of the prototypes of inner functions.
  private static final int CODE = 24;
  private static final int FUNCTIONS = 32;
  private static final int CODE_LENGTH = 80;
  private static final int FUNCTIONS_LENGTH = 88;

  private static final int OPCODE_BITS = 0x3f;
  private static final int CALL = 28;
  private static final int TAILCALL = 29;

  private TailCalls() {}

  /**
   * Replaces the tail calls of a function and of the functions in it. The instruction after a tail
   * call returns all results in either case.
   *
   * @param function the region address of a closure of Lua code
   * @return the number of replaced calls
   */
  static int replace(long function) {
    return replaceIn(LuaStack.region(Region.getLong(function + PROTOTYPE)));
  }

  private static int replaceIn(long prototype) {
    int replaced = 0;
    long code = LuaStack.region(Region.getLong(prototype + CODE));
    int length = Region.getInt(prototype + CODE_LENGTH);
    for (int i = 0; i < length; i++) {
      long at = code + (long) i * Integer.BYTES;
      int instruction = Region.getInt(at);
      if ((instruction & OPCODE_BITS) == TAILCALL) {
        Region.putInt(at, instruction - TAILCALL + CALL);
        replaced++;
      }
    }
    int functions = Region.getInt(prototype + FUNCTIONS_LENGTH);
    if (functions > 0) {
      long first = LuaStack.region(Region.getLong(prototype + FUNCTIONS));
      for (int i = 0; i < functions; i++) {
        replaced += replaceIn(LuaStack.region(Region.getLong(first + (long) i * Long.BYTES)));
      }
    }
    return replaced;
  }
}
