package io.redoubt.protocol.process;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How much of the processors threads get when there are more of them than processors, and how soon.
 * Java's own priorities mean nothing to Linux unless the JVM is told otherwise. Where something of
 * this can't be had, threads go on as they were.
 */
public final class ThreadPriority {

  /** Makes a thread get about a tenth of what others get that want a processor too. */
  private static final int STEP_BACK = 10;

  private static final int LOWEST = 19;

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
  private static final long CALLING_THREAD = 0;

  // struct sched_attr of sched_setattr(2).
  private static final long ATTRIBUTES_BYTES = 56;
  private static final long POLICY_AT = 4;
  private static final long NICE_AT = 16;
  private static final long RUNTIME_AT = 24;
  private static final int SCHED_OTHER = 0;

  /** The shortest that Linux has; usual are three milliseconds. */
  private static final long SHORT_TURN_NANOS = 100_000;

  /**
   * What the names of the JVM's own threads that compile, or prepare that, begin with, to Linux.
   */
  private static final List<String> COMPILERS =
      List.of("C1 Compiler", "C2 Compiler", "Training repla");

  private ThreadPriority() {}

  /**
   * Has the calling thread step back for the rest of its life: it gets what others leave, and in
   * short turns. However little a thread may have, its turns are as long as those of others
   * otherwise: who wakes meanwhile waits for milliseconds.
   */
  public static void stepBack() {
    adjust(CALLING_THREAD, STEP_BACK);
  }

  /**
   * Has the calling thread run in short turns, for the rest of its life: of its share of the
   * processors it loses nothing, but when it wakes it does not wait for the end of the turn that
   * another thread is having. Linux can do that since 6.12.
   */
  public static void takeShortTurns() {
    adjust(CALLING_THREAD, 0);
  }

  /**
   * Has the threads of the JIT run in short turns, for the rest of the process's life: that they
   * step back is an option of the JVM. For processes that are nothing but a server.
   */
  public static void compilersTakeShortTurns() {
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path thread : threads) {
        String name = Files.readString(thread.resolve("comm"));
        if (COMPILERS.stream().anyMatch(name::startsWith)) {
          adjust(Long.parseLong(thread.getFileName().toString()), 0);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // not Linux, or a thread has just ended
    }
  }

  /** Has a thread run in short turns, with a priority that is lower by so much. */
  private static void adjust(long thread, int lower) {
    long set =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> 314;
          case "aarch64" -> 274;
          default -> UNKNOWN_CALL;
        };
    long get = set + 1; // on both
    if (!System.getProperty("os.name").equals("Linux") || set == UNKNOWN_CALL) {
      return;
    }
    Optional<MethodHandle> syscall = link("syscall", SYSCALL);
    if (syscall.isEmpty()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
      long address = attributes.address();
      long got = (long) syscall.get().invokeExact(get, thread, address, ATTRIBUTES_BYTES, 0L);
      if (got == 0 && attributes.get(ValueLayout.JAVA_INT, POLICY_AT) == SCHED_OTHER) {
        int nice = attributes.get(ValueLayout.JAVA_INT, NICE_AT);
        attributes.set(ValueLayout.JAVA_INT, NICE_AT, Math.min(nice + lower, LOWEST));
        attributes.set(ValueLayout.JAVA_LONG, RUNTIME_AT, SHORT_TURN_NANOS);
        long _ = (long) syscall.get().invokeExact(set, thread, address, 0L, 0L);
      }
    } catch (Throwable e) {
      throw new LinkageError("syscall cannot be called", e);
    }
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
