package io.redoubt.protocol.process;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  private ThreadPriority() {}

  /**
   * Has the calling thread step back for the rest of its life: it gets what others leave. Where
   * that can't be had, it goes on as it was.
   */
  @SuppressWarnings("restricted") // the launchers enable native access
  public static void stepBack() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return; // elsewhere this is about the whole process
    }
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> function = linker.defaultLookup().find("setpriority");
    if (function.isEmpty()) {
      return;
    }
    try {
      int _ =
          (int)
              linker
                  .downcallHandle(function.get(), DESCRIPTOR)
                  .invokeExact(PRIO_PROCESS, CALLING_THREAD, STEP_BACK);
    } catch (Throwable e) {
      throw new LinkageError("setpriority cannot be called", e);
    }
  }
}
