package io.redoubt.protocol.tuning;

import io.redoubt.protocol.process.os.LibraryFunction;
import io.redoubt.protocol.process.os.OperatingSystem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * The scheduling of threads on Linux: their nice value and the length of their time slices. Java's
 * own priorities have no effect on Linux by default.
 *
 * <ul>
 *   <li>Buys: on a machine with few processors, lower latency during a snapshot or while data grows
 *       ({@code dist/benchmark snapshot}, column p99.9 during; {@code latency}).
 *   <li>Costs: background threads take longer if the processors are busy.
 *   <li>Off where the system is not Linux or refuses; priorities have no effect while processors
 *       are idle.
 *   <li>Switch: the system property {@code io.redoubt.threads.priorities}, because it concerns the
 *       process rather than one server.
 * </ul>
 */
public final class ThreadPriority {

  /**
   * The increase of the nice value, which leaves a thread about a tenth of the processor time of a
   * competing thread.
   */
  private static final int NICE_INCREASE = 10;

  private static final int LOWEST = 19;

  private static final long UNKNOWN_CALL = -1;
  private static final long CALLING_THREAD = 0;

  // struct sched_attr of sched_setattr(2).
  private static final long ATTRIBUTES_BYTES = 56;
  private static final long POLICY_AT = 4;
  private static final long NICE_AT = 16;
  private static final long RUNTIME_AT = 24;
  private static final int SCHED_OTHER = 0;

  /** The shortest time slice that Linux supports; three milliseconds are the default. */
  private static final long SHORT_SLICE_NANOS = 100_000;

  private static final boolean ON =
      Boolean.parseBoolean(System.getProperty("io.redoubt.threads.priorities", "true"));

  private ThreadPriority() {}

  /** Links the system call ahead of its first use; the linker keeps the result. */
  public static void prepare() {
    if (ON) {
      Optional<LibraryFunction> _ = LibraryFunction.find("syscall");
    }
  }

  /**
   * Lowers the priority of the calling thread for the rest of its life and shortens its time
   * slices. A low-priority thread with default slices would still delay a waking thread by
   * milliseconds. Does nothing on a virtual thread.
   */
  public static void lowerPriority() {
    adjust(NICE_INCREASE);
  }

  /**
   * Shortens the time slices of the calling thread for the rest of its life. Its share of the
   * processor stays the same, but when it wakes it need not wait for the end of another thread's
   * slice. Needs Linux 6.12.
   */
  public static void shortenTimeSlices() {
    adjust(0);
  }

  /** Shortens the calling thread's time slices and raises its nice value. */
  private static void adjust(int niceIncrease) {
    long set =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> 314;
          case "aarch64" -> 274;
          default -> UNKNOWN_CALL;
        };
    long get = set + 1; // on both
    if (!ON
        || OperatingSystem.current() != OperatingSystem.LINUX
        || set == UNKNOWN_CALL
        || Thread.currentThread().isVirtual()) { // its carrier serves other threads, too
      return;
    }
    Optional<LibraryFunction> syscall = LibraryFunction.find("syscall");
    if (syscall.isEmpty()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
      long address = attributes.address();
      long got = syscall.get().call(get, CALLING_THREAD, address, ATTRIBUTES_BYTES, 0, 0);
      if (got == 0 && attributes.get(ValueLayout.JAVA_INT, POLICY_AT) == SCHED_OTHER) {
        int nice = attributes.get(ValueLayout.JAVA_INT, NICE_AT);
        attributes.set(ValueLayout.JAVA_INT, NICE_AT, Math.min(nice + niceIncrease, LOWEST));
        attributes.set(ValueLayout.JAVA_LONG, RUNTIME_AT, SHORT_SLICE_NANOS);
        syscall.get().call(set, CALLING_THREAD, address);
      }
    }
  }
}
