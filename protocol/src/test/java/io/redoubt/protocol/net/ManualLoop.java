package io.redoubt.protocol.net;

import java.util.ArrayDeque;
import java.util.Deque;

/** A loop whose tasks run on the test's command. */
public final class ManualLoop implements Loop {
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final Deque<Runnable> scheduled = new ArrayDeque<>();

  /** Returns the submitted tasks that have not run. */
  public Deque<Runnable> tasks() {
    return tasks;
  }

  /** Returns the scheduled tasks, regardless of their time. */
  public Deque<Runnable> scheduled() {
    return scheduled;
  }

  /** Runs the tasks of a queue, including those added meanwhile. */
  public static void run(Deque<Runnable> due) {
    while (!due.isEmpty()) {
      due.remove().run();
    }
  }

  @Override
  public boolean inLoop() {
    return true;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public Cancellable schedule(Runnable task, long delayMillis) {
    scheduled.add(task);
    return () -> scheduled.remove(task);
  }

  @Override
  public Cancellable every(Runnable task, long periodMillis) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Thread thread() {
    return Thread.currentThread();
  }
}
