package io.redoubt.protocol.machine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Feeds a machine one input at a time. Carrying out the outputs of a step may produce further
 * inputs; these wait until it has ended. Confined to one thread.
 *
 * @param <I> the type of inputs
 */
public final class StepQueue<I> {
  private final Consumer<I> step;
  private final Deque<I> waiting = new ArrayDeque<>();
  private boolean stepping;
  private boolean stopped;

  /**
   * Creates an empty queue.
   *
   * @param step steps the machine with an input, and carries out the outputs
   */
  public StepQueue(Consumer<I> step) {
    this.step = step;
  }

  /** Steps with an input, now or after the current step. */
  public void submit(I input) {
    waiting.add(input);
    if (!stepping) {
      drain();
    }
  }

  /**
   * Checks that the next input is not postponed.
   *
   * @throws IllegalStateException within a step
   */
  public void requireIdle() {
    if (stepping) {
      throw new IllegalStateException("an order within a step");
    }
  }

  private void drain() {
    I next = waiting.poll();
    while (next != null && !stopped) {
      stepping = true;
      try {
        step.accept(next);
      } finally {
        stepping = false;
      }
      next = waiting.poll();
    }
  }

  /** Stops for good: ignores all further inputs. */
  public void stop() {
    stopped = true;
  }

  /** Returns true after {@link #stop}. */
  public boolean isStopped() {
    return stopped;
  }
}
