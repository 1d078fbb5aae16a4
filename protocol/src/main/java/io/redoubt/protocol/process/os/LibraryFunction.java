package io.redoubt.protocol.process.os;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * A function of the C library that takes integers and addresses and returns an integer.
 *
 * <p>All functions are linked as if they took six longs. The first link of a type costs the JVM
 * tens of milliseconds of the start and some memory, further ones of the same type next to nothing.
 * The calling conventions of all 64-bit systems pass the first six arguments in registers; surplus
 * arguments are ignored, and a long is also the right form of a smaller argument.
 */
public final class LibraryFunction {
  static final FunctionDescriptor SIX_LONGS =
      FunctionDescriptor.of(
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG);

  private final String name;
  private final MethodHandle handle;

  private LibraryFunction(String name, MethodHandle handle) {
    this.name = name;
    this.handle = handle;
  }

  /** Links a function; returns nothing if the library lacks it. */
  public static Optional<LibraryFunction> find(String name) {
    return Linker.nativeLinker()
        .defaultLookup()
        .find(name)
        .map(address -> new LibraryFunction(name, link(address)));
  }

  /** Links a function of any library that takes up to six longs and returns one. */
  @SuppressWarnings("restricted") // the launchers enable native access
  public static MethodHandle link(MemorySegment address) {
    return Linker.nativeLinker().downcallHandle(address, SIX_LONGS);
  }

  public long call(long argument) {
    return call(argument, 0, 0, 0, 0, 0);
  }

  /** Calls a function that takes up to three arguments. */
  public long call(long first, long second, long third) {
    return call(first, second, third, 0, 0, 0);
  }

  /** Calls a function that takes up to six arguments; an int that it returns must be cut out. */
  public long call(long first, long second, long third, long fourth, long fifth, long sixth) {
    try {
      return (long) handle.invokeExact(first, second, third, fourth, fifth, sixth);
    } catch (Throwable e) {
      throw new LinkageError(name + " cannot be called", e);
    }
  }
}
