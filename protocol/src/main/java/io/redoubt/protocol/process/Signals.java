package io.redoubt.protocol.process;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * The signals of a process that serves: SIGTERM and SIGINT ask it to stop, SIGHUP means nothing.
 * Handlers belong to the JVM, so this is for launchers, not for embedded servers.
 *
 * <p>The JDK has them in {@code sun.misc} only; reached by reflection, for the compiler's warning
 * about that package can't be turned off for one class.
 */
public final class Signals {
  private Signals() {}

  /**
   * Takes the signals over.
   *
   * @param log where they are told
   * @param stop gets {@code SIGTERM} or {@code SIGINT} on a thread of the JVM, each time that such
   *     a signal comes, for a stop may be refused; it has to hand it on to the process' loop
   * @param exit ends the process at once with the status given: at a second SIGINT
   */
  public static void install(Log log, Consumer<String> stop, IntConsumer exit) {
    AtomicBoolean interrupted = new AtomicBoolean();
    handle(
        "INT",
        () -> {
          if (interrupted.getAndSet(true)) {
            log.fromSignalHandler("You insist... exiting now.");
            exit.accept(1);
          }
          log.fromSignalHandler("Received SIGINT scheduling shutdown...");
          stop.accept("SIGINT");
        });
    handle(
        "TERM",
        () -> {
          log.fromSignalHandler("Received SIGTERM scheduling shutdown...");
          stop.accept("SIGTERM");
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
