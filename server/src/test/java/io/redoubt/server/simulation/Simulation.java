package io.redoubt.server.simulation;

import io.redoubt.protocol.EventQueue;
import io.redoubt.protocol.process.ThreadCpuTimes;
import io.redoubt.protocol.process.Threads;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that take turns on one thread, and the time they live in. The threads are virtual ones
 * whose scheduler is this: where one waits, chance says who goes on. When all wait, time passes
 * until something happens. So everything follows from the seed.
 *
 * <p>Java lets nobody choose the scheduler of virtual threads yet; its own tests do so by a
 * constructor that is reached here with {@code --add-opens java.base/java.lang=ALL-UNNAMED}.
 * Waiting must be parking: whoever waits in a monitor, or for so long of real time, is woken by a
 * thread of the system. What servers share is their region of memory, whose lock another test of
 * the same JVM may hold for a moment: then nothing is lost, but the run is not the seed's alone. It
 * is noted.
 */
final class Simulation implements Threads {
  /** Scripts need much. */
  private static final long STACK_BYTES = 16L << 20;

  /** How long each turn of a thread takes, and each look at the clock. */
  private static final long TURN_NANOS = 2_000;

  private static final long LOOK_NANOS = 20_000;

  /** For how long at most threads beside the loops wait, halved so often or less. */
  private static final long SLOWEST_NANOS = 200_000_000;

  private static final int SLOWNESSES = 12;

  /** Chance picks among so many of those who can go on. */
  private static final int CHOICE = 3;

  private static final String PREFIX = "simulated ";
  private static final int PATIENCE_SECONDS = 10;

  /** What the simulation consists of, in one of its threads. */
  @FunctionalInterface
  interface Story {
    void tell(Simulation simulation) throws Exception;
  }

  private final Random random;
  private final long slowestNanos;
  private final List<Runnable> ready = new ArrayList<>();

  /** Whom a thread of the system has woken. */
  private final BlockingQueue<Runnable> strayed = new LinkedBlockingQueue<>();

  private final EventQueue events = new EventQueue();
  private final List<String> trace = new ArrayList<>();
  private final Thread thread = Thread.currentThread();
  private long nowNanos;
  private long turns;
  private long ids;
  private boolean over;
  private @Nullable Throwable failure;

  private Simulation(long seed) {
    random = new Random(seed);
    slowestNanos = SLOWEST_NANOS >> random.nextInt(SLOWNESSES);
  }

  /** Tells a story to its end; returns what was noted of it. */
  static List<String> run(long seed, Story story) {
    List<String> trace = new ArrayList<>();
    Throwable[] failure = {null};
    Thread thread =
        new Thread(
            null,
            () -> {
              Simulation simulation = new Simulation(seed);
              try {
                simulation.run(story);
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
    if (failure[0] != null) {
      throw new Failure(failure[0], trace);
    }
    return trace;
  }

  /** What went wrong, and what had happened before. */
  static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> trace;

    Failure(Throwable cause, List<String> trace) {
      super(cause);
      this.trace = trace;
    }

    List<String> trace() {
      return trace;
    }
  }

  private void run(Story story) throws Throwable {
    start(
        "story",
        () -> {
          try {
            story.tell(this);
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
    if (!strayed.isEmpty()) {
      note("somebody was held up by another test");
      strayed.drainTo(ready);
    }
    if (events.hasDue(nowNanos) || (ready.isEmpty() && !events.isEmpty())) {
      nowNanos = Math.max(nowNanos, events.nextAt());
      events.remove().run();
    } else if (ready.isEmpty()) {
      Runnable last = strayed.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (last == null) {
        throw new IllegalStateException("everybody waits for ever");
      }
      ready.add(last);
    } else {
      int chosen = random.nextInt(Math.min(ready.size(), CHOICE));
      nowNanos += TURN_NANOS;
      turns++;
      ready.remove(chosen).run();
    }
  }

  private void goesOn(Runnable continuation) {
    if (isOwn(Thread.currentThread())) {
      ready.add(continuation);
    } else {
      strayed.add(continuation);
    }
  }

  private void goesOnLater(Runnable continuation) {
    if (isOwn(Thread.currentThread())) {
      later(random.nextLong(slowestNanos), () -> ready.add(continuation));
    } else {
      strayed.add(continuation);
    }
  }

  private boolean isOwn(Thread waker) {
    return waker == thread || waker.isVirtual() && waker.getName().startsWith(PREFIX);
  }

  // Threads.

  /** A thread that works beside others: it has to wait for its disk now and then. */
  @Override
  public Thread unstarted(String name, Runnable task) {
    return unstarted(name, task, this::goesOnLater);
  }

  /** The processor's time is not that of the simulation. */
  @Override
  public Optional<ThreadCpuTimes> ownTimes() {
    return Optional.empty();
  }

  /** A thread that goes on as soon as there is a turn for it. */
  Thread prompt(String name, Runnable task) {
    return unstarted(name, task, this::goesOn);
  }

  private Thread unstarted(String name, Runnable task, Executor scheduler) {
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

  /** A thread that begins soon. */
  Thread start(String name, Runnable task) {
    Thread started = prompt(name, task);
    started.start();
    return started;
  }

  /** The story can't go on: what a thread of it met. */
  void fail(Throwable thrown) {
    if (failure == null) {
      failure = thrown;
    }
    over = true;
  }

  // Time.

  /** What the time is; it stands still unless somebody waits, or looks at the clock. */
  long nowNanos() {
    return nowNanos;
  }

  /** What the time is for one who looks at the clock: that takes time too. */
  long lookNanos() {
    nowNanos += LOOK_NANOS;
    return nowNanos;
  }

  /** Has something happen later, between the turns of threads. */
  void later(long delayNanos, Runnable action) {
    events.add(nowNanos + delayNanos, action);
  }

  /** The calling thread waits until then, or until somebody unparks it. */
  void parkUntil(long nanos) {
    Thread waiting = Thread.currentThread();
    if (nanos == Long.MAX_VALUE) {
      LockSupport.park(this);
      return;
    }
    EventQueue.Event end = events.add(nanos, () -> LockSupport.unpark(waiting));
    LockSupport.park(this);
    events.cancel(end);
  }

  /** The calling thread waits for so long. */
  void sleep(long millis) {
    long end = nowNanos + millis * 1_000_000;
    while (nowNanos < end) {
      parkUntil(end);
    }
  }

  // Chance, and what is told.

  /** Returns the random source of the seed. */
  Random random() {
    return random;
  }

  /** Another number each time. */
  long nextId() {
    return ++ids;
  }

  /** How often threads have taken turns. */
  long turns() {
    return turns;
  }

  /** Notes what happens. */
  void note(String what) {
    trace.add("%.6f %s".formatted(nowNanos / 1e9, what));
  }
}
