package io.redoubt.protocol.session.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import org.junit.jupiter.api.Test;

final class HeapGateTest implements HeapGate.Heap {
  private static final int MAX = 1000;

  private int live;
  private int garbage;
  private int collections;
  private int closed;
  private final Clock clock = new StoppedClock();
  private final HeapGate gate = new HeapGate(this, clock, Log.silent(clock));

  private static final class StoppedClock implements Clock {
    @Override
    public long wallMillis() {
      return 1;
    }

    @Override
    public long wallMicros() {
      return 1;
    }

    @Override
    public long monotonicNanos() {
      return 1;
    }
  }

  @Override
  public long usedBytes() {
    return live + garbage;
  }

  @Override
  public long maxBytes() {
    return MAX;
  }

  @Override
  public void collect() {
    collections++;
    garbage = 0;
  }

  @Test
  void admitsWithoutACollectionWhileThereIsRoom() {
    live = 500;
    assertThat(gate.admits(300)).isTrue();
    assertThat(collections).isZero();
  }

  @Test
  void collectsGarbageBeforeItRefuses() {
    live = 300;
    garbage = 600;
    assertThat(gate.admits(100)).isTrue();
    assertThat(collections).isOne();
  }

  @Test
  void refusesRequestsLargerThanTheFreeHeap() {
    live = 750;
    assertThat(gate.admits(100)).isFalse();
    assertThat(gate.admits(40)).isTrue();
  }

  @Test
  void doesNotCollectForARequestLargerThanTheHeap() {
    assertThat(gate.admits(MAX)).isFalse();
    assertThat(collections).isZero();
  }

  @Test
  void collectsAgainOnlyAfterGrowth() {
    live = 850;
    for (int i = 0; i < 10; i++) {
      assertThat(gate.admits(1)).isFalse();
    }
    assertThat(collections).isOne();
    live = 700;
    garbage = 250;
    assertThat(gate.admits(1)).isTrue();
    assertThat(collections).isEqualTo(2);
  }

  @Test
  void closesAClientOnlyWhenTheHeapIsNearlyFull() {
    live = 850;
    gate.relieve(() -> closed++);
    assertThat(closed).isZero();
    live = 990;
    gate.relieve(() -> closed++);
    assertThat(closed).isOne();
  }
}
