package io.redoubt.protocol.process;

import io.redoubt.protocol.process.os.LibraryFunction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The signal handlers of a server process: SIGTERM and SIGINT request a shutdown, SIGHUP is
 * ignored, SIGALRM logs the stacks of the threads. Handlers are global to the JVM, so launchers use
 * this class and embedded servers do not.
 *
 * <p>The JDK offers handlers in {@code sun.misc} only. They are reached by reflection because the
 * compiler's warning about that package can't be suppressed for one class.
 */
public final class Signals {
  /** The receiver of shutdown requests; called on a thread of the JVM. */
  public interface Target {
    /** Returns true while a requested shutdown is in progress; a shutdown may have been refused. */
    boolean isStopping();

    /**
     * Requests a shutdown after {@code SIGTERM} or {@code SIGINT}; the target hands it to its event
     * loop.
     */
    void stop(String signal);

    /** Exits at once: SIGINT came during a shutdown. */
    void halt();
  }

  /** The start of the names of event loops. */
  private static final String OWN_THREADS = "redis-";

  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;

  /** SIG_DFL, the default effect of a signal. */
  private static final long DEFAULT = 0;

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String IGNORED = "SigIgn:";

  private Signals() {}

  /**
   * Installs the handlers.
   *
   * @param log the log in which signals are reported
   */
  public static void install(Log log, Target target) {
    resetIgnored(log);
    handle(
        "INT",
        () -> {
          if (target.isStopping()) {
            log.fromSignalHandler("You insist... exiting now.");
            target.halt();
          }
          log.fromSignalHandler("Received SIGINT scheduling shutdown...");
          target.stop("SIGINT");
        });
    handle(
        "TERM",
        () -> {
          log.fromSignalHandler("Received SIGTERM scheduling shutdown...");
          target.stop("SIGTERM");
        });
    handle("HUP", () -> {});
    handle("ALRM", () -> logStacks(log));
  }

  /**
   * Enables shutdown signals that the starting shell ignores, as a script's shell does for
   * background processes. The JVM refuses a handler for an ignored signal.
   */
  private static void resetIgnored(Log log) {
    try (Stream<String> lines = Files.lines(STATUS)) {
      String mask = lines.filter(line -> line.startsWith(IGNORED)).findFirst().orElse("");
      if (mask.isEmpty()) {
        return;
      }
      long ignored = Long.parseUnsignedLong(mask.substring(IGNORED.length()).strip(), 16);
      for (int signal : new int[] {SIGINT, SIGTERM}) {
        if ((ignored >>> (signal - 1) & 1) != 0) {
          LibraryFunction.find("signal").ifPresent(function -> function.call(signal, DEFAULT, 0));
        }
      }
    } catch (IOException | UncheckedIOException e) {
      log.debug("Can't look for ignored signals: %s", SystemErrors.text(e));
    }
  }

  /** Logs the stacks of the server's threads, like Redis after SIGALRM. */
  private static void logStacks(Log log) {
    log.fromSignalHandler("Received SIGALRM");
    Thread.getAllStackTraces()
        .forEach((thread, stack) -> {
          if (thread.getName().startsWith(OWN_THREADS)) {
            log.fromSignalHandler(thread.getName() + ": " + thread.getState());
            for (StackTraceElement element : stack) {
              log.fromSignalHandler("  at " + element);
            }
          }
        });
  }

  private static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      MethodHandle run =
          MethodHandles.lookup()
              .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
              .bindTo(action);
      Object acting =
          MethodHandleProxies.asInterfaceInstance(
              handler, MethodHandles.dropArguments(run, 0, signal));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), acting);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JVM does not hand over SIG" + name, e);
    }
  }
}
