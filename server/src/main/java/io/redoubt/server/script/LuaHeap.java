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
 * frames of Java. Nor may the region end then, for Lua would end the process: Java code asks for
 * its room with {@link #require} before, and scripts themselves take little once there is a
 * shortage.
 */
final class LuaHeap {

  /** So much between two ticks of the hook is unusual. */
  private static final long MUCH_BYTES = 16L << 20;

  /** A need that the region's reserve covers whenever there is no shortage. */
  private static final long COVERED_BYTES = 64 << 10;

  /** The part of the reserve that Java code leaves, for what it doesn't count. */
  private static final long MARGIN_BYTES = 1 << 20;

  /** A block that needs extents of its own, of which the free ones may be scattered. */
  private static final long LARGE_BYTES = 512 << 10;

  /** Growth since the last collection that scripts may cause in a shortage. */
  private static final long SHORTAGE_BYTES = 1 << 20;

  private final Slabs slabs;
  private final long base = Region.MEMORY.address();
  private final long function;
  private long limitBytes = Long.MAX_VALUE;
  private long usedBytes;
  private long sinceTickBytes;
  private long collectedBytes;
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
    return mayGrow(bytes);
  }

  /** How much scripts may use. */
  void limitBytes(long bytes) {
    limitBytes = bytes;
  }

  /**
   * Checks that Java code can push so many bytes, which Lua would not survive to lack.
   *
   * @throws OutOfMemoryError if it can't
   */
  void require(long bytes) {
    if (bytes > COVERED_BYTES || slabs.isShort()) {
      slabs.requireFar(bytes + MARGIN_BYTES);
    }
  }

  /**
   * Checks that Java code can push a string of this length.
   *
   * @throws OutOfMemoryError if it can't
   */
  void requireString(long length) {
    if (length > LARGE_BYTES) {
      long blockBytes = length + COVERED_BYTES;
      slabs.free(slabs.allocateFar(blockBytes), blockBytes);
    }
  }

  /** Notes that all garbage has been collected. */
  void collected() {
    collectedBytes = usedBytes;
  }

  /** Returns true if garbage should be collected because memory is short. */
  boolean isCollectionDue() {
    return slabs.isShort() && usedBytes > collectedBytes + SHORTAGE_BYTES / 2;
  }

  private boolean mayGrow(long bytes) {
    return usedBytes + bytes <= limitBytes
        && (!slabs.isShort() || usedBytes + bytes <= collectedBytes + SHORTAGE_BYTES);
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
    if (newSize > oldSize && limited && !mayGrow(newSize - oldSize)) {
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
