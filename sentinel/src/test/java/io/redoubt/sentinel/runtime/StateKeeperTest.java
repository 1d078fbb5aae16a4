package io.redoubt.sentinel.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.sentinel.core.SentinelState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the waiting for writes to a slow disk. */
class StateKeeperTest {
  private final Deque<Runnable> disk = new ArrayDeque<>();
  private final List<Long> written = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private boolean broken;
  private final StateKeeper keeper =
      new StateKeeper(
          state -> () -> write(state), disk::add, Runnable::run, Log.silent(Clock.system()));

  private void write(SentinelState state) throws IOException {
    if (broken) {
      throw new IOException("No space left on device");
    }
    written.add(state.currentEpoch());
  }

  private void save(long epoch) {
    keeper.save(new SentinelState("id", epoch, List.of()));
  }

  private void tell(String what) {
    keeper.whenSettled(kept -> told.add(what + (kept ? " kept" : " lost")));
  }

  @Test
  void doesNotWaitWithoutAChange() {
    tell("a");
    assertThat(told).containsExactly("a kept");
  }

  @Test
  void waitsForTheWriteThatCoversAChange() {
    save(1);
    tell("a");
    save(2);
    tell("b");
    save(3);
    tell("c");
    assertThat(told).isEmpty();
    assertThat(keeper.isSettled()).isFalse();
    disk.remove().run();
    assertThat(told).containsExactly("a kept");
    assertThat(written).containsExactly(1L);
    disk.remove().run();
    assertThat(told).containsExactly("a kept", "b kept", "c kept");
    assertThat(written).as("one write has both changes").containsExactly(1L, 3L);
    assertThat(disk).isEmpty();
    assertThat(keeper.isKept()).isTrue();
  }

  @Test
  void retriesAFailedWrite() {
    broken = true;
    save(1);
    tell("a");
    disk.remove().run();
    tell("b");
    assertThat(told).containsExactly("a lost", "b lost");
    assertThat(keeper.isSettled()).isTrue();
    assertThat(keeper.isKept()).isFalse();
    keeper.retry();
    disk.remove().run();
    assertThat(disk).as("only when it is told to").isEmpty();
    broken = false;
    keeper.retry();
    disk.remove().run();
    tell("c");
    assertThat(told).containsExactly("a lost", "b lost", "c kept");
    assertThat(written).containsExactly(1L);
  }

  @Test
  void reportsAFailedPreparation() {
    StateKeeper blind =
        new StateKeeper(
            state -> {
              throw new IOException("Is a directory");
            },
            disk::add,
            Runnable::run,
            Log.silent(Clock.system()));
    blind.save(new SentinelState("id", 1, List.of()));
    assertThat(blind.isSettled()).isTrue();
    assertThat(blind.isKept()).isFalse();
    assertThat(disk).isEmpty();
  }
}
