package io.redoubt.protocol.net;

import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.util.concurrent.ThreadAwareExecutor;
import io.redoubt.protocol.tuning.Gathering;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Wraps the I/O handler of an event loop to run work at the end of each turn: after all ready
 * channels were read, and before waiting tasks.
 */
final class Turns implements IoHandlerFactory {
  private final Sockets sockets;
  private final Gathering gathering;
  private final LongSupplier nanoTime;
  private final LoopStats stats;
  private Runnable end = () -> {};
  private final EndOfTurn last;
  private boolean reading;
  private @Nullable IoThreads threads;
  private Runnable moves = () -> {};
  private @Nullable IoHandler handler;

  /**
   * Creates a factory that wraps the handlers of {@code sockets}.
   *
   * @param nanoTime a monotonic clock, called on the loop
   * @param stats counts the turns
   * @param last the work at the end of each turn
   */
  Turns(
      Sockets sockets,
      Gathering gathering,
      LongSupplier nanoTime,
      LoopStats stats,
      EndOfTurn last) {
    this.sockets = sockets;
    this.gathering = gathering;
    this.nanoTime = nanoTime;
    this.stats = stats;
    this.last = last;
  }

  /** Sets the work after each poll; on the loop. Returns true. */
  boolean atEnd(Runnable action) {
    end = action;
    return true;
  }

  /**
   * Takes the input of I/O threads as well from now on; on the loop.
   *
   * @param moveConnections follows the end of each turn
   */
  void serve(IoThreads others, Runnable moveConnections) {
    threads = others;
    moves = moveConnections;
  }

  /** Returns true if input of I/O threads is taken as well. */
  boolean servesOthers() {
    return threads != null;
  }

  /** Returns the handler of the loop. */
  IoHandler handler() {
    return Objects.requireNonNull(handler);
  }

  @Override
  public IoHandler newHandler(ThreadAwareExecutor executor) {
    handler = new Handler(sockets.handlers().newHandler(executor));
    return handler;
  }

  /** Returns true if {@link #last} is still to run in this turn, before the loop waits. */
  boolean isReading() {
    return reading;
  }

  /** Runs a task as if outside of a turn. */
  void outside(Runnable task) {
    boolean before = reading;
    reading = false;
    try {
      task.run();
    } finally {
      reading = before;
    }
  }

  private final class Handler extends ForwardingHandler {
    private final PollLimit pollLimit = new PollLimit();
    private int served;

    Handler(IoHandler handler) {
      super(handler);
    }

    @Override
    public int run(IoHandlerContext context) {
      stats.endCycle();
      if (gathering.wantsPause(served) && context.canBlock()) {
        gathering.pause();
      }
      reading = true;
      long nanos = last.patienceNanos(0);
      served = look(nanos < 0 ? context : pollLimit.of(context, nanos));
      int found = served;
      nanos = last.patienceNanos(found);
      while (nanos >= 0 && (found > 0 || context.canBlock())) { // or tasks would wait as well
        found = look(pollLimit.of(context, nanos));
        served += found;
        nanos = last.patienceNanos(found);
      }
      reading = false;
      long startNanos = nanoTime.getAsLong();
      last.run();
      stats.countEnd(nanoTime.getAsLong() - startNanos);
      moves.run();
      return served;
    }

    private int look(IoHandlerContext context) {
      IoThreads others = threads;
      stats.sleep();
      int found = handler.run(others == null ? context : others.waiting(context));
      stats.wake();
      if (others != null) {
        others.wakeUp();
        found += others.take();
      }
      end.run();
      if (others != null) {
        others.release();
        others.wakeThreads();
      }
      return found;
    }

    @Override
    public void prepareToDestroy() {
      threads = null;
      moves = () -> {};
      super.prepareToDestroy();
    }
  }

  /** Limits the wait of a poll. */
  private final class PollLimit implements IoHandlerContext {
    private long delayNanos;
    private long deadlineNanos;
    private boolean blocks;

    IoHandlerContext of(IoHandlerContext context, long nanos) {
      blocks = nanos > 0 && context.canBlock();
      delayNanos = nanos;
      deadlineNanos = nanoTime.getAsLong() + nanos;
      return this;
    }

    @Override
    public boolean canBlock() {
      return blocks;
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return delayNanos; // asked at once
    }

    @Override
    public long deadlineNanos() {
      return deadlineNanos;
    }
  }
}
