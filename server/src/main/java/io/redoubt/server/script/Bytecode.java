package io.redoubt.server.script;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Chunks of Lua 5.1 as written by string.dump. The format is documented only by Lua's sources
 * (ldump.c and lopcodes.h of 5.1). Supports little-endian 64-bit platforms, the only ones with a
 * native library here.
 *
 * <pre>
 *   header    ESC "Lua" 51 00, endianness, sizes of int, size_t, instruction and number, 00
 *   function  source, line defined, last line, four bytes, code, constants, functions, debug data
 * </pre>
 */
final class Bytecode {

  private static final byte[] HEADER = {27, 'L', 'u', 'a', 0x51, 0, 1, 4, 8, 4, 8, 0};

  private static final int OPCODE_BITS = 0x3f;
  private static final int CALL = 28;
  private static final int TAILCALL = 29;

  private static final int NIL = 0;
  private static final int BOOLEAN = 1;
  private static final int NUMBER = 3;
  private static final int STRING = 4;

  private final ByteBuffer chunk;

  private Bytecode(ByteBuffer chunk) {
    this.chunk = chunk;
  }

  /**
   * Replaces tail calls by ordinary ones, in place: the callers' frames stay, so errors can report
   * their lines. The instruction after a tail call returns all results in either case.
   */
  static void withoutTailCalls(ByteBuffer chunk) {
    byte[] header = new byte[HEADER.length];
    chunk.get(header);
    if (Arrays.equals(header, HEADER)) {
      new Bytecode(chunk.order(ByteOrder.LITTLE_ENDIAN)).function();
    }
  }

  private void function() {
    string();
    skip(2 * Integer.BYTES + 4); // lines; upvalues, parameters, varargs, stack
    int instructions = chunk.getInt();
    for (int i = 0; i < instructions; i++) {
      int at = chunk.position();
      int instruction = chunk.getInt();
      if ((instruction & OPCODE_BITS) == TAILCALL) {
        chunk.putInt(at, instruction - TAILCALL + CALL);
      }
    }
    constants();
    int functions = chunk.getInt();
    for (int i = 0; i < functions; i++) {
      function();
    }
    debugData();
  }

  private void constants() {
    int constants = chunk.getInt();
    for (int i = 0; i < constants; i++) {
      int type = chunk.get();
      switch (type) {
        case NIL -> {}
        case BOOLEAN -> skip(1);
        case NUMBER -> skip(Double.BYTES);
        case STRING -> string();
        default -> throw new IllegalStateException("a constant of type " + type);
      }
    }
  }

  private void debugData() {
    int lines = chunk.getInt();
    skip(lines * Integer.BYTES);
    int variables = chunk.getInt();
    for (int i = 0; i < variables; i++) {
      string();
      skip(2 * Integer.BYTES);
    }
    int upvalues = chunk.getInt();
    for (int i = 0; i < upvalues; i++) {
      string();
    }
  }

  private void string() {
    skip((int) chunk.getLong());
  }

  private void skip(int bytes) {
    chunk.position(chunk.position() + bytes);
  }
}
