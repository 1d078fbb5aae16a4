package io.redoubt.protocol.process;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * The signals of a process that serves: SIGTERM and SIGINT ask it to stop, SIGHUP means nothing.
 * Handlers belong to the JVM, so this is for launchers, not for embedded servers.
 *
 * <p>The JDK has them in {@code sun.misc} only; reached by reflection, for the compiler's warning
 * about that package can't be turned off for one class.
 */
public final class Signals {
  /** Who is asked to stop; called on a thread of the JVM. */
  public interface Target {
    /** Whether a stop that a signal asked for is still to come: it may have been refused. */
    boolean isStopping();

    /** {@code SIGTERM} or {@code SIGINT} has come: to be handed on to the process' loop. */
    void stop(String signal);

    /** Ends the process at once: SIGINT has come while it is stopping. */
    void halt();
  }

  private Signals() {}

  /**
   * Takes the signals over.
   *
   * @param log where they are told
   */
  public static void install(Log log, Target target) {
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
