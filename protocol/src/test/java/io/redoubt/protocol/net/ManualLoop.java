package io.redoubt.protocol.net;

import java.util.ArrayDeque;
import java.util.Deque;

/** Runs what it is told to when the test says so. */
public final class ManualLoop implements Loop {
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final Deque<Runnable> scheduled = new ArrayDeque<>();

  /** What is to run at once, and has not. */
  public Deque<Runnable> tasks() {
    return tasks;
  }

  /** What is to run later, whenever that is. */
  public Deque<Runnable> scheduled() {
    return scheduled;
  }

  /** Runs what there is of one or the other, and what is added by that. */
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
