package io.redoubt.server.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The share of the loop's time that a walk gets. */
class WalkShareTest {

  private static final long TURN_NANOS = 20_000;

  private long now = 1;
  private long commands = 7;
  private WalkShare share = share(8);

  private WalkShare share(int percent) {
    return new WalkShare(() -> commands, percent, now);
  }

  /** Returns the slice after a turn of commands. */
  private long turnWith(int executed) {
    now += TURN_NANOS;
    commands += executed;
    return share.sliceNanos(now, false);
  }

  /** Runs turns that commands use up; returns the total time of the slices. */
  private long slices(int turns) {
    long sum = 0;
    for (int i = 0; i < turns; i++) {
      long slice = turnWith(16);
      sum += slice;
      now += slice;
      share.chargeSlice(now);
    }
    return sum;
  }

  @Test
  void keepsTheConfiguredPercentage() {
    slices(10);
    assertThat(slices(1000)).isBetween(1000 * TURN_NANOS / 12, 1000 * TURN_NANOS / 10);
  }

  @Test
  void boundsSlices() {
    assertThat(turnWith(16)).isZero();
    now += 1_000_000_000;
    assertThat(turnWith(1)).isEqualTo(WalkShare.LONGEST_NANOS);
  }

  @Test
  void usesIdleTime() {
    assertThat(turnWith(1)).isZero();
    assertThat(turnWith(0)).isZero();
    assertThat(afterQuietTurns()).isEqualTo(WalkShare.LONGEST_NANOS);
  }

  @Test
  void growsSlicesWithTheShare() {
    share = share(25);
    slices(10);
    assertThat(slices(1000)).isBetween(1000 * TURN_NANOS / 4, 1000 * TURN_NANOS * 2 / 5);
  }

  private long afterQuietTurns() {
    long last = 0;
    for (int i = 0; i < 200; i++) {
      last = turnWith(0);
    }
    return last;
  }

  @Test
  void ignoresTheShareIfWritesWait() {
    assertThat(turnWith(100)).isZero();
    commands++;
    assertThat(share.sliceNanos(now, true)).isEqualTo(WalkShare.LONGEST_NANOS);
  }
}
