package io.redoubt.server.snapshot;

import io.redoubt.server.snapshot.context.LoopTurns;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A loop whose turns the test runs on its own thread. */
public final class ManualTurns implements LoopTurns {

  private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private final Deque<Runnable> nextTurn = new ArrayDeque<>();
  private long commands;

  /** True if commands run in every turn. */
  boolean isBusy;

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void nextTurn(Runnable task) {
    nextTurn.add(task);
  }

  @Override
  public void soon(Runnable task) {
    nextTurn.add(task);
  }

  @Override
  public long commands() {
    return isBusy ? ++commands : 0;
  }

  /** Runs one turn: first the requests of other threads, then the tasks of this turn. */
  public void turn() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
    for (int due = nextTurn.size(); due > 0; due--) {
      nextTurn.remove().run();
    }
  }

  /** Returns true if a task waits for the next turn. */
  boolean hasTasks() {
    return !nextTurn.isEmpty();
  }

  /** Runs turns until a condition holds; waits for other threads when there is nothing to do. */
  public void turnUntil(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      turn();
      if (!condition.getAsBoolean() && nextTurn.isEmpty()) {
        try {
          Runnable task = tasks.poll(20, TimeUnit.SECONDS);
          if (task == null) {
            throw new AssertionError("nothing happens any more");
          }
          task.run();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  @Override
  public boolean isInTurn() {
    return false;
  }
}
