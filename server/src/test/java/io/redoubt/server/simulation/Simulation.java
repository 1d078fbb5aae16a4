package io.redoubt.server.simulation;

import io.redoubt.protocol.EventQueue;
import io.redoubt.protocol.Seed;
import java.lang.reflect.Constructor;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads that take turns on one thread, and their clock. This class is their scheduler:
 * when a thread waits, the random source chooses the next one, and when all wait, the clock
 * advances to the next event. Everything therefore follows from the seed.
 *
 * <p>Java has no public API yet to choose the scheduler of virtual threads. The JDK's own tests use
 * a constructor that is accessible here with {@code --add-opens java.base/java.lang=ALL-UNNAMED}.
 * Threads must wait by parking: one that waits in a monitor or for real time is woken by a thread
 * of the system. All servers of the JVM share the memory region, and another test may hold its lock
 * for a moment. The run then continues, but no longer depends on the seed alone; the trace reports
 * that.
 */
public final class Simulation {
  /** Lua scripts need a large stack. */
  private static final long STACK_BYTES = 16L << 20;

  /** The simulated duration of a thread's turn. */
  private static final long TURN_NANOS = 2_000;

  /** The simulated duration of reading the clock. */
  private static final long LOOK_NANOS = 20_000;

  /**
   * The longest delay of a thread other than an event loop. Each run halves it a random number of
   * times, at most {@link #SLOWNESSES} - 1.
   */
  private static final long SLOWEST_NANOS = 200_000_000;

  private static final int SLOWNESSES = 12;

  /**
   * The ratio of the longest delay of an event loop, if servers have several, to that of others.
   */
  private static final int LOOP_QUICKNESS = 100;

  /** One of that many turns of an event loop is delayed, or interrupted at a given point. */
  private static final int LOOP_CALM = 4;

  /** The number of ready threads from which the next one is chosen. */
  private static final int CHOICE = 3;

  private static final String PREFIX = "simulated ";
  private static final int TIMEOUT_SECONDS = 10;

  /** The body of a simulation, run in one of its threads. */
  @FunctionalInterface
  public interface Scenario {
    /** Runs it. */
    void run(Simulation simulation) throws Exception;
  }

  private final int loops;
  private final Random random;
  private final long slowestNanos;
  private final List<Runnable> ready = new ArrayList<>();

  /** Threads that a thread outside the simulation has woken. */
  private final BlockingQueue<Runnable> wokenOutside = new LinkedBlockingQueue<>();

  private final EventQueue events = new EventQueue();
  private final List<Line> trace = new ArrayList<>();
  private final Thread thread = Thread.currentThread();
  private long nowNanos;
  private long turns;
  private long ids;
  private boolean over;
  private @Nullable Throwable failure;

  /** A line of the trace; few of them are ever formatted. */
  private record Line(long nanos, String text) {
    @Override
    public String toString() {
      return "%.6f %s".formatted(nanos / 1e9, text);
    }
  }

  private Simulation(long seed, int loops) {
    this.loops = loops;
    random = Seed.from(seed);
    slowestNanos = SLOWEST_NANOS >> random.nextInt(SLOWNESSES);
  }

  /** Runs a scenario to its end, with servers of one event loop each, and returns its trace. */
  public static List<String> run(long seed, Scenario scenario) {
    return run(seed, 1, scenario);
  }

  /**
   * Runs a scenario to its end and returns its trace.
   *
   * @param loops the number of event loops of each server, as io-threads sets it
   */
  public static List<String> run(long seed, int loops, Scenario scenario) {
    List<Line> trace = new ArrayList<>();
    Throwable[] failure = {null};
    Thread thread =
        new Thread(
            null,
            () -> {
              Simulation simulation = new Simulation(seed, loops);
              try {
                simulation.run(scenario);
              } catch (Throwable t) {
                failure[0] = t;
              }
              trace.addAll(simulation.trace);
            },
            "simulation",
            STACK_BYTES);
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    List<String> lines =
        new AbstractList<>() {
          @Override
          public String get(int i) {
            return trace.get(i).toString();
          }

          @Override
          public int size() {
            return trace.size();
          }
        };
    if (failure[0] != null) {
      throw new Failure(failure[0], lines);
    }
    return lines;
  }

  /** The failure of a scenario, with the trace up to it. */
  public static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> trace;

    Failure(Throwable cause, List<String> trace) {
      super(cause);
      this.trace = trace;
    }

    /** Returns the lines up to the failure. */
    public List<String> trace() {
      return trace;
    }
  }

  private void run(Scenario scenario) throws Throwable {
    start(
        "scenario",
        () -> {
          try {
            scenario.run(this);
          } catch (Throwable t) {
            failure = t;
          }
          over = true;
        });
    while (!over) {
      step();
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void step() throws InterruptedException {
    if (!wokenOutside.isEmpty()) {
      note("a thread was held up by another test");
      wokenOutside.drainTo(ready);
    }
    if (events.hasDue(nowNanos) || (ready.isEmpty() && !events.isEmpty())) {
      nowNanos = Math.max(nowNanos, events.nextAt());
      events.remove().run();
    } else if (ready.isEmpty()) {
      Runnable last = wokenOutside.poll(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      if (last == null) {
        throw new IllegalStateException("all threads wait for ever");
      }
      ready.add(last);
    } else {
      int chosen = random.nextInt(Math.min(ready.size(), CHOICE));
      nowNanos += TURN_NANOS;
      turns++;
      ready.remove(chosen).run();
    }
  }

  /** Adds the next turn of a thread. */
  void ready(Runnable turn) {
    ready.add(turn);
  }

  /** Resumes a woken thread as soon as it is chosen. */
  void schedule(Runnable continuation) {
    if (isOwn(Thread.currentThread())) {
      ready.add(continuation);
    } else {
      wokenOutside.add(continuation);
    }
  }

  /** Resumes a woken thread after a random delay. */
  void scheduleLater(Runnable continuation) {
    if (isOwn(Thread.currentThread())) {
      later(random.nextLong(slowestNanos), () -> ready.add(continuation));
    } else {
      wokenOutside.add(continuation);
    }
  }

  /** Resumes a woken event loop: at once, or after a short random delay if servers have several. */
  void scheduleLoop(Runnable continuation) {
    if (loops > 1 && isOwn(Thread.currentThread()) && random.nextInt(LOOP_CALM) == 0) {
      later(random.nextLong(slowestNanos / LOOP_QUICKNESS), () -> ready.add(continuation));
    } else {
      schedule(continuation);
    }
  }

  /**
   * Interrupts the calling thread at random, if servers have several event loops, so that others
   * take their turns.
   */
  void interleave() {
    if (loops > 1 && random.nextInt(LOOP_CALM) == 0) {
      Thread.yield();
    }
  }

  /** Returns the number of event loops of each server. */
  public int loops() {
    return loops;
  }

  /** Returns the number of event loops for a seed: the property's, or more than one for half. */
  public static int loops(long seed) {
    int chosen = seed % 4 == 0 ? 4 : seed % 4 == 2 ? 2 : 1;
    return Integer.getInteger("redoubt.test.loops", chosen);
  }

  private boolean isOwn(Thread waker) {
    return waker == thread || waker.isVirtual() && waker.getName().startsWith(PREFIX);
  }

  // Threads.

  /** Returns a thread whose turns go to a scheduler. */
  Thread unstarted(String name, Runnable task, Executor scheduler) {
    try {
      Constructor<?> builder =
          Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
              .getDeclaredConstructor(Executor.class);
      builder.setAccessible(true);
      return ((Thread.Builder.OfVirtual) builder.newInstance(scheduler))
          .name(PREFIX + name)
          .unstarted(task);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(
          "Java has no scheduler for virtual threads as this expects it", e);
    }
  }

  /** Starts a thread that is ready as soon as it is woken. */
  public Thread start(String name, Runnable task) {
    Thread started = unstarted(name, task, this::schedule);
    started.start();
    return started;
  }

  /** Ends the simulation with the first failure of one of its threads. */
  public void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    }
    over = true;
  }

  // Time.

  /** Returns the simulated time, without advancing it. */
  public long nowNanos() {
    return nowNanos;
  }

  /** Advances time by the duration of reading a clock, at which the thread may be interrupted. */
  void advanceForRead() {
    nowNanos += LOOK_NANOS;
    interleave();
  }

  /** Schedules an action, which runs between the turns of threads. */
  public void later(long delayNanos, Runnable action) {
    events.add(nowNanos + delayNanos, action);
  }

  /** Parks the calling thread until a time, or until it is unparked. */
  void parkUntil(long nanos) {
    Thread waiting = Thread.currentThread();
    if (nanos == Long.MAX_VALUE) {
      LockSupport.park(this);
      return;
    }
    boolean[] over = {false};
    EventQueue.Event end =
        events.add(
            nanos,
            () -> {
              over[0] = true;
              LockSupport.unpark(waiting);
            });
    LockSupport.park(this);
    if (!over[0]) {
      events.cancel(end);
    }
  }

  /** Parks the calling thread for a simulated time. */
  public void sleep(long millis) {
    long end = nowNanos + millis * 1_000_000;
    while (nowNanos < end) {
      parkUntil(end);
    }
  }

  // Random numbers and the trace.

  /** Returns the random source of the seed. */
  public Random random() {
    return random;
  }

  /** Returns the next number of a sequence. */
  long nextId() {
    return ++ids;
  }

  /** Returns the number of turns that threads have taken. */
  public long turns() {
    return turns;
  }

  /** Adds a line to the trace. */
  public void note(String text) {
    trace.add(new Line(nowNanos, text));
  }
}
