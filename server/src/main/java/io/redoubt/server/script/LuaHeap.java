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
import org.jspecify.annotations.Nullable;

/**
 * The memory of a Lua state: blocks of the server's own slabs, so that it is counted, limited and
 * given back to the last byte. Lua is told that there is no memory once its limit is reached, which
 * it turns into an error of the script.
 *
 * <p>Large blocks tell of instructions that take long, and of a script that does not come to its
 * hook: then somebody hears of it.
 *
 * <p>While Java code works on the state the limit does not hold: the error would have to jump over
 * frames of Java.
 */
final class LuaHeap {

  /** So much between two ticks of the hook is unusual. */
  private static final long MUCH_BYTES = 16L << 20;

  private final Slabs slabs;
  private final long base = Region.MEMORY.address();
  private final long function;
  private long limitBytes = Long.MAX_VALUE;
  private long usedBytes;
  private long sinceTickBytes;
  private @Nullable Runnable hurry;
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

  /** Whether scripts may use so much more. */
  boolean hasRoom(long bytes) {
    return usedBytes + bytes <= limitBytes;
  }

  /** How much scripts may use. */
  void limitBytes(long bytes) {
    limitBytes = bytes;
  }

  /** Whether the limit holds: while a script's own code runs. Returns whether it did. */
  boolean limited(boolean on) {
    boolean was = limited;
    limited = on;
    return was;
  }

  /** Sets who hears of it when much is taken between two ticks. */
  void hurry(Runnable listener) {
    hurry = listener;
  }

  /** The hook has been called. */
  void tick() {
    sinceTickBytes = 0;
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
    sinceTickBytes += newSize;
    if (sinceTickBytes > MUCH_BYTES && hurry != null) {
      sinceTickBytes = 0;
      hurry.run();
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
