package io.redoubt.protocol.net;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import javax.net.ssl.SSLSession;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/**
 * Tests of what passes between the owner of the data and I/O threads, under all reorderings that
 * processor and compiler show. Run by {@code .ci/jcstress}.
 */
public final class HandoverStress {
  private HandoverStress() {}

  /** Remembers that a loop was woken. */
  private static final class WakeUps implements IoHandler {
    private volatile boolean woken;

    boolean isWoken() {
      return woken;
    }

    @Override
    public void wakeup() {
      woken = true;
    }

    @Override
    public int run(IoHandlerContext context) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void prepareToDestroy() {}

    @Override
    public void destroy() {}

    @Override
    public IoRegistration register(IoHandle handle) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
      return false;
    }
  }

  /** The receiver of an entry. */
  private static final class Receiver implements ReadBatch.Target {
    @Override
    public void onSecured(SSLSession session) {}
  }

  private static final Receiver RECEIVER = new Receiver();

  /** Two producers and a loop that waits if both of its rings are empty. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "the loop waits although a ring has something")
  @Outcome(id = "[01], [01]", expect = ACCEPTABLE, desc = "the loop sees it, or is woken")
  @State
  public static class FallingAsleep {
    private final Bell bell = new Bell();
    private final WakeUps wakeUps = new WakeUps();
    private final HandoverRing<Object> first = new HandoverRing<>(4);
    private final HandoverRing<Object> second = new HandoverRing<>(4);

    /** Creates a loop that is awake. */
    public FallingAsleep() {
      bell.attach(wakeUps);
    }

    /** Puts into the first ring. */
    @Actor
    public void first() {
      first.put(this);
      bell.ring();
    }

    /** Puts into the second ring. */
    @Actor
    public void second() {
      second.put(this);
      bell.ring();
    }

    /** Falls asleep. */
    @Actor
    public void sleeper(II_Result result) {
      bell.fallAsleep();
      result.r1 = first.isEmpty() && second.isEmpty() ? 0 : 1;
    }

    /** Looks whether the loop was woken. */
    @Arbiter
    public void end(II_Result result) {
      result.r2 = wakeUps.isWoken() ? 1 : 0;
    }
  }

  /** A loop that wakes for another reason, takes what it sees, and falls asleep once more. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "the loop waits although the ring has something")
  @Outcome(id = "[012], [01]", expect = ACCEPTABLE, desc = "the loop sees it, or is woken")
  @State
  public static class FallingAsleepAgain {
    private final Bell bell = new Bell();
    private final WakeUps wakeUps = new WakeUps();
    private final HandoverRing<Object> ring = new HandoverRing<>(4);

    /** Creates a loop that is awake. */
    public FallingAsleepAgain() {
      bell.attach(wakeUps);
    }

    /** Puts something into the ring. */
    @Actor
    public void producer() {
      ring.put(this);
      bell.ring();
    }

    /** Falls asleep twice. */
    @Actor
    public void sleeper(II_Result result) {
      bell.fallAsleep();
      if (!ring.isEmpty()) {
        result.r1 = 1;
      }
      bell.wakeUp();
      if (ring.poll() != null) {
        result.r1 = 1;
      }
      bell.fallAsleep();
      if (!ring.isEmpty()) {
        result.r1 = 2;
      }
    }

    /** Looks whether the loop was woken. */
    @Arbiter
    public void end(II_Result result) {
      result.r2 = wakeUps.isWoken() ? 1 : 0;
    }
  }

  /** A batch is taken with all its entries. */
  @JCStressTest
  @Outcome(id = "0, 0, 0", expect = ACCEPTABLE, desc = "not there yet")
  @Outcome(id = "40, 7, 1", expect = ACCEPTABLE, desc = "complete")
  @Outcome(expect = FORBIDDEN, desc = "incomplete")
  @State
  public static class Publication {
    private final HandoverRing<ReadBatch> filled = new HandoverRing<>(4);

    /** Fills a batch beyond its first room. */
    @Actor
    public void thread() {
      ReadBatch batch = new ReadBatch(used -> {}, null);
      for (int i = 0; i < 40; i++) {
        batch.add(RECEIVER, ReadBatch.Kind.OPENED, 7);
      }
      filled.put(batch);
    }

    /** Takes the batch. */
    @Actor
    public void owner(III_Result result) {
      ReadBatch batch = filled.poll();
      if (batch != null) {
        result.r1 = batch.count();
        result.r2 = batch.detail(39) instanceof Integer seven ? seven : 0;
        result.r3 = batch.target(39) == RECEIVER ? 1 : 0;
      }
    }
  }

  /** A batch that comes back is empty and can be filled again. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "not taken, or not back yet")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "taken, not back yet")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "back, with the entry added since")
  @Outcome(expect = FORBIDDEN, desc = "entries of before, or lost")
  @State
  public static class Return {
    private final HandoverRing<ReadBatch> filled = new HandoverRing<>(4);
    private final HandoverRing<ReadBatch> empty = new HandoverRing<>(4);

    /** Passes a batch on and refills the one that comes back. */
    @Actor
    public void thread(II_Result result) {
      ReadBatch batch = new ReadBatch(used -> {}, null);
      batch.add(RECEIVER, ReadBatch.Kind.OPENED, null);
      batch.add(RECEIVER, ReadBatch.Kind.CLOSED, null);
      filled.put(batch);
      ReadBatch back = empty.poll();
      if (back != null) {
        back.add(RECEIVER, ReadBatch.Kind.INPUT_END, null);
        result.r2 = back.kind(0) == ReadBatch.Kind.INPUT_END ? back.count() : 9;
      }
    }

    /** Takes a batch and gives it back. */
    @Actor
    public void owner(II_Result result) {
      ReadBatch batch = filled.poll();
      if (batch != null) {
        result.r1 = batch.count() == 2 && batch.kind(1) == ReadBatch.Kind.CLOSED ? 1 : 9;
        batch.clear();
        empty.put(batch);
      }
    }
  }

  /** A ring with less room than objects keeps their order and loses none. */
  @JCStressTest
  @Outcome(id = "123", expect = ACCEPTABLE, desc = "all, in order")
  @Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
  @State
  public static class Order {
    private static final int OBJECTS = 3;

    private final HandoverRing<Integer> ring = new HandoverRing<>(2);
    private int taken;

    /** Puts more objects than the ring has room for. */
    @Actor
    public void producer() {
      for (int i = 1; i <= OBJECTS; i++) {
        ring.put(i);
      }
      boolean unused = ring.push();
    }

    /** Takes what is there. */
    @Actor
    public void consumer() {
      for (int i = 0; i < OBJECTS; i++) {
        take();
      }
    }

    /** Takes the rest. */
    @Arbiter
    public void end(I_Result result) {
      boolean all = false;
      while (!all) {
        all = ring.push();
        while (!ring.isEmpty()) {
          take();
        }
      }
      result.r1 = taken;
    }

    private void take() {
      Integer next = ring.poll();
      if (next != null) {
        taken = taken * 10 + next;
      }
    }
  }
}
