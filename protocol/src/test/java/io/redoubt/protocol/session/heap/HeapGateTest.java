package io.redoubt.protocol.session.heap;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.command.Command;
import io.redoubt.protocol.command.CommandGroup;
import io.redoubt.protocol.command.CommandTable;
import io.redoubt.protocol.command.Group;
import io.redoubt.protocol.command.Invocation;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.resp.Request;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class HeapGateTest implements HeapGate.Heap {
  private static final int MAX = 100_000;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private int max = MAX;
  private int asked;
  private int live;
  private int garbage;
  private int held;
  private int collections;
  private int closed;
  private long nanos = 1;
  private final Clock clock = new HandClock();
  private final HeapGate gate = new HeapGate(this, clock, Log.silent(clock));
  private final CommandTable<Invocation> table = new CommandTable<>();

  private final class HandClock implements Clock {
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
      return nanos;
    }
  }

  private static final class Sample extends CommandGroup<Invocation> {
    final Command<Invocation> subscribe =
        command("SUBSCRIBE channel [channel ...]").runs(call -> call.reply().ok());
    final Command<Invocation> eval = command("EVAL script numkeys").runs(call -> call.reply().ok());
    final Command<Invocation> acl = container("ACL").help("6.0.0").holds();
    final Command<Invocation> setuser =
        command("ACL SETUSER username").runs(call -> call.reply().ok());

    Sample() {
      super(Group.GENERIC);
    }
  }

  HeapGateTest() {
    table.add(new Sample());
    gate.onCommandsDeclared(table);
    gate.addHolder(() -> held);
  }

  @Override
  public long usedBytes() {
    asked++;
    return live + garbage;
  }

  @Override
  public long maxBytes() {
    return max;
  }

  @Override
  public void collect() {
    collections++;
    garbage = 0;
  }

  private boolean admits(String... words) {
    Request request = Request.of(words);
    return gate.admits(Objects.requireNonNull(table.find(request)), request);
  }

  /** State that a holder reports. */
  private void hold(int bytes) {
    held += bytes;
    live += bytes;
  }

  @Test
  void admitsWithoutACollectionWhileThereIsRoom() {
    live = 50_000;
    assertThat(gate.admits(25_000)).isTrue();
    assertThat(collections).isZero();
  }

  @Test
  void collectsGarbageBeforeItRefuses() {
    live = 30_000;
    garbage = 60_000;
    assertThat(gate.admits(10_000)).isTrue();
    assertThat(collections).isOne();
  }

  @Test
  void refusesRequestsLargerThanTheFreeHeap() {
    live = 70_000;
    assertThat(gate.admits(10_000)).isFalse();
    assertThat(gate.admits(4_000)).isTrue();
  }

  @Test
  void doesNotCollectForARequestLargerThanTheHeap() {
    assertThat(gate.admits(MAX)).isFalse();
    assertThat(collections).isZero();
  }

  /** The JVM may fill the whole heap with garbage before it collects. */
  @Test
  void neitherCollectsNorRefusesBecauseOfGarbage() {
    live = 70_000;
    garbage = 10_000;
    for (int i = 0; i < 10_000; i++) {
      assertThat(admits("subscribe", "x")).isTrue();
      assertThat(admits("eval", "return 1", "0")).isTrue();
      garbage = garbage == 25_000 ? 10_000 : garbage + 500;
    }
    assertThat(collections).isOne();
  }

  @Test
  void refusesWhatHoldersWouldRetainBeyondTheLimit() {
    live = 50_000;
    garbage = 30_000;
    int held = 0;
    while (admits("subscribe", "x")) {
      hold(1000);
      held++;
    }
    assertThat(held).isBetween(20, 25);
    assertThat(live).isLessThanOrEqualTo(75_000);
  }

  /** In one turn of the loop, or in MULTI: the clock stands still. */
  @Test
  void countsWhatHoldersHaveNotReportedYet() {
    live = 70_000;
    garbage = 10_000;
    assertThat(gate.admits(3_000)).isTrue();
    hold(3_000);
    assertThat(gate.admits(3_000)).isFalse();
  }

  @Test
  void admitsAgainAsSoonAsHoldersRelease() {
    live = 60_000;
    hold(15_000);
    garbage = 20_000;
    assertThat(admits("subscribe", "x")).isFalse();
    int before = collections;
    hold(-15_000);
    garbage += 15_000;
    nanos += SECOND_NANOS / 50;
    assertThat(admits("subscribe", "x")).isTrue();
    assertThat(collections).isEqualTo(before + 1);
  }

  /** Otherwise the next state would be admitted in addition to what was not released. */
  @Test
  void doesNotTrustOverestimatedReleases() {
    live = 30_000;
    hold(30_000);
    held += 30_000;
    garbage = 30_000;
    assertThat(admits("subscribe", "x")).isTrue();
    held = 0;
    live = 30_000;
    garbage = 50_000;
    nanos += SECOND_NANOS / 50;
    while (admits("subscribe", "x")) {
      hold(1000);
      garbage = Math.max(0, garbage - 1000);
      nanos += SECOND_NANOS / 1000;
    }
    assertThat(live).isLessThanOrEqualTo(75_000);
  }

  @Test
  void countsStateWithoutHolderUntilTheNextCollection() {
    live = 70_000;
    garbage = 10_000;
    int admitted = 0;
    while (admits("acl", "setuser", "u")) {
      admitted++;
      live += 1000;
    }
    assertThat(admitted).isBetween(1, 5);
  }

  /** As a monitored master, whose connections are opened later. */
  @Test
  void measuresStateWithoutHolder() {
    live = 60_000;
    garbage = 20_000;
    while (admits("acl", "setuser", "u")) {
      live += 5000;
    }
    assertThat(live).isLessThan(90_000);
  }

  @Test
  void collectsAtMostOnceASecondWhenTheHeapIsFull() {
    live = 80_000;
    for (int i = 0; i < 1000; i++) {
      assertThat(admits("subscribe", "x")).isFalse();
      garbage += 10;
      nanos += SECOND_NANOS / 100;
    }
    assertThat(collections).isBetween(9, 11);
  }

  /** Objects without a holder may have filled the heap since the last collection. */
  @Test
  void replacesAnOldEstimate() {
    live = 70_000;
    garbage = 10_000;
    assertThat(admits("subscribe", "x")).isTrue();
    live = 80_000;
    nanos += 10 * SECOND_NANOS;
    assertThat(admits("subscribe", "x")).isFalse();
  }

  @Test
  void closesAClientOnlyWhenTheHeapIsNearlyFull() {
    live = 80_000;
    gate.relieve(() -> closed++);
    assertThat(closed).isZero();
    live = 99_000;
    gate.relieve(() -> closed++);
    assertThat(closed).isOne();
  }

  @Test
  void asksTheHeapOnceForManySmallAdmissions() {
    max = 100 << 20;
    for (int i = 0; i < 100; i++) {
      assertThat(admits("SUBSCRIBE", "channel")).isTrue();
    }
    assertThat(asked).isLessThan(5);
  }

  @Test
  void admitsLittleOnceTheHeapHasFilledInBetween() {
    max = 100 << 20;
    assertThat(admits("SUBSCRIBE", "channel")).isTrue();
    hold(max / 100 * 80);
    int admitted = 0;
    while (admits("SUBSCRIBE", "channel")) {
      admitted++;
    }
    assertThat(admitted).isBetween(1, 1000);
    live = 0;
    held = 0;
    nanos += 20 * SECOND_NANOS;
    assertThat(admits("SUBSCRIBE", "channel")).isTrue();
    hold(max / 100 * 80);
    gate.relieve(() -> closed++);
    assertThat(admits("SUBSCRIBE", "channel")).isFalse();
  }
}
