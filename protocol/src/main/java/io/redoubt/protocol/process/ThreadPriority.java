package io.redoubt.protocol.process;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * How much of the processors threads get when there are more of them than processors. Java's own
 * priorities mean nothing to Linux unless the JVM is told otherwise.
 */
public final class ThreadPriority {

  /** Makes a thread get about a tenth of what others get that want a processor too. */
  private static final int STEP_BACK = 10;

  /**
   * That of setpriority(2), whose first two arguments are narrower, but passed in registers all the
   * same. In this form it is that of madvise(2) too: linking the same a second time costs nothing.
   */
  private static final FunctionDescriptor DESCRIPTOR =
      FunctionDescriptor.of(
          ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT);

  private static final long PRIO_PROCESS = 0;
  private static final long CALLING_THREAD = 0;

  /**
   * That of syscall(2), as far as it is used here: the number, the thread, the address of a
   * structure, and up to two more numbers.
   */
  private static final FunctionDescriptor SYSCALL =
      FunctionDescriptor.of(
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG);

  private static final long UNKNOWN_CALL = -1;

  // struct sched_attr of sched_setattr(2).
  private static final long ATTRIBUTES_BYTES = 56;
  private static final long POLICY_AT = 4;
  private static final long RUNTIME_AT = 24;
  private static final int SCHED_OTHER = 0;

  /** The shortest that Linux has; usual are three milliseconds. */
  private static final long SHORT_TURN_NANOS = 100_000;

  private ThreadPriority() {}

  /**
   * Has the calling thread step back for the rest of its life: it gets what others leave. Where
   * that can't be had, it goes on as it was.
   */
  public static void stepBack() {
    if (!isLinux()) {
      return; // elsewhere this is about the whole process
    }
    Optional<MethodHandle> setPriority = link("setpriority", DESCRIPTOR);
    if (setPriority.isEmpty()) {
      return;
    }
    try {
      int _ = (int) setPriority.get().invokeExact(PRIO_PROCESS, CALLING_THREAD, STEP_BACK);
    } catch (Throwable e) {
      throw new LinkageError("setpriority cannot be called", e);
    }
  }

  /**
   * Has the calling thread run in short turns, for the rest of its life: of its share of the
   * processors it loses nothing, but when it wakes it does not wait for the end of the turn that
   * another thread is having. Linux can do that since 6.12; elsewhere all stays as it was.
   */
  public static void takeShortTurns() {
    long set =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> 314;
          case "aarch64" -> 274;
          default -> UNKNOWN_CALL;
        };
    long get = set + 1; // on both
    if (!isLinux() || set == UNKNOWN_CALL) {
      return;
    }
    Optional<MethodHandle> syscall = link("syscall", SYSCALL);
    if (syscall.isEmpty()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
      long address = attributes.address();
      long got =
          (long) syscall.get().invokeExact(get, CALLING_THREAD, address, ATTRIBUTES_BYTES, 0L);
      if (got == 0 && attributes.get(ValueLayout.JAVA_INT, POLICY_AT) == SCHED_OTHER) {
        attributes.set(ValueLayout.JAVA_LONG, RUNTIME_AT, SHORT_TURN_NANOS);
        long _ = (long) syscall.get().invokeExact(set, CALLING_THREAD, address, 0L, 0L);
      }
    } catch (Throwable e) {
      throw new LinkageError("syscall cannot be called", e);
    }
  }

  private static boolean isLinux() {
    return System.getProperty("os.name").equals("Linux");
  }

  @SuppressWarnings("restricted") // the launchers enable native access
  private static Optional<MethodHandle> link(String function, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(function)
        .map(address -> linker.downcallHandle(address, descriptor));
  }
}
