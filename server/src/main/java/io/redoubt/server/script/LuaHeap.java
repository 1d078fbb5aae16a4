package io.redoubt.server.script;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The memory of a Lua state: blocks of the server's own slabs, so that it is counted, limited and
 * given back to the last byte. Lua is told that there is no memory once its limit is reached, which
 * it turns into an error of the script.
 *
 * <p>While Java code works on the state the limit does not hold: the error would have to jump over
 * frames of Java.
 */
final class LuaHeap {

  private final Slabs slabs;
  private final long base = Region.MEMORY.address();
  private final long function;
  private long limitBytes = Long.MAX_VALUE;
  private long usedBytes;
  private boolean limited;

  @SuppressWarnings("restricted") // the signature is that of lua_Alloc
  LuaHeap(Slabs slabs, Arena arena) {
    this.slabs = slabs;
    try {
      MethodHandle allocate =
          MethodHandles.lookup()
              .bind(
                  this,
                  "reallocate",
                  MethodType.methodType(
                      long.class, long.class, long.class, long.class, long.class));
      FunctionDescriptor signature =
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      function = Linker.nativeLinker().upcallStub(allocate, signature, arena).address();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("a method of this class is missing", e);
    }
  }

  /** The lua_Alloc function. */
  long function() {
    return function;
  }

  /** Bytes in use. */
  long usedBytes() {
    return usedBytes;
  }

  /** How much scripts may use. */
  void limitBytes(long bytes) {
    limitBytes = bytes;
  }

  /** Whether the limit holds: while a script's own code runs. */
  void limited(boolean on) {
    limited = on;
  }

  /** lua_Alloc: a block of {@code newSize} bytes with the contents of the old one; 0 when not. */
  @SuppressWarnings("unused") // called from native code
  private long reallocate(long userData, long block, long oldSize, long newSize) {
    try {
      return moved(block, oldSize, newSize);
    } catch (Throwable full) { // nothing may be thrown into native code
      return 0;
    }
  }

  private long moved(long block, long oldSize, long newSize) {
    if (newSize > oldSize && limited && usedBytes + newSize - oldSize > limitBytes) {
      return 0;
    }
    if (block != 0 && newSize != 0 && slabs.blockBytes(oldSize) == slabs.blockBytes(newSize)) {
      usedBytes += newSize - oldSize;
      return block;
    }
    long target = 0;
    if (newSize != 0) {
      target = slabs.allocateFar(newSize) + base;
    }
    if (block != 0) {
      if (newSize != 0) {
        Region.copy(block - base, target - base, Math.min(oldSize, newSize));
      }
      slabs.free(block - base, oldSize);
    }
    usedBytes += newSize - (block == 0 ? 0 : oldSize);
    return target;
  }
}
