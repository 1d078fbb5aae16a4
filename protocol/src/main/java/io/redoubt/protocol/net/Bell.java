package io.redoubt.protocol.net;

import io.netty.channel.IoHandler;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Wakes an event loop for which another thread has put something into a {@link HandoverRing}. The
 * sleeper calls {@link #fallAsleep}, looks at its queues once more, and waits; others put first and
 * {@link #ring} then. A loop that is awake is not disturbed: it looks at its queues before it
 * waits.
 */
final class Bell {
  private final AtomicLong wakeUps = new AtomicLong();
  private volatile boolean asleep;
  private volatile @Nullable IoHandler handler;

  /** Sets the handler in which the loop waits. */
  void attach(IoHandler waiting) {
    handler = waiting;
  }

  /** The loop ends and is not woken any more. */
  void detach() {
    handler = null;
  }

  /** Announces that the loop will wait unless its queues have something; by the loop. */
  void fallAsleep() {
    asleep = true;
  }

  /** Ends the wait; by the loop. */
  void wakeUp() {
    if (asleep) {
      asleep = false;
    }
  }

  /** Wakes the loop if it waits or is about to; from any thread. */
  void ring() {
    VarHandle.fullFence(); // what was put becomes visible before the look at the sleeper
    ringIfAsleep();
  }

  /** Like {@link #ring}, but may miss a loop that is just falling asleep. */
  void ringIfAsleep() {
    if (asleep) {
      asleep = false;
      IoHandler waiting = handler;
      if (waiting != null) {
        wakeUps.incrementAndGet();
        waiting.wakeup();
      }
    }
  }

  /** Returns how often the loop was woken. */
  long wakeUps() {
    return wakeUps.get();
  }

  /**
   * Rings for one of the threads, which puts off the rings that can wait: one follows for all of
   * them, unless the thread has rung meanwhile. Confined to that thread.
   */
  final class Ringer {
    private boolean due;

    /** Rings now. */
    void ring() {
      due = false;
      Bell.this.ring();
    }

    /** Puts a ring off until {@link #ringIfDue}. */
    void ringLater() {
      due = true;
    }

    /** Rings if a ring was put off. */
    void ringIfDue() {
      if (due) {
        ring();
      }
    }
  }
}
