package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How much of the loop's time the walk takes. */
class PaceTest {

  private static final long TURN_NANOS = 100_000;

  private long now = 1;
  private long commands = 7;
  private final Pace pace =
      new Pace(
          new LoopTurns() {
            @Override
            public void execute(Runnable task) {}

            @Override
            public void nextTurn(Runnable task) {}

            @Override
            public long commands() {
              return commands;
            }
          },
          now);

  private long turnWith(int executed) {
    now += TURN_NANOS;
    commands += executed;
    return pace.sliceNanos(now, false);
  }

  @Test
  void manyCommandsLeaveLittle() {
    assertThat(turnWith(128)).isBetween(TURN_NANOS / 10, TURN_NANOS / 5);
    assertThat(turnWith(100_000)).isEqualTo(Pace.LONGEST_NANOS);
  }

  @Test
  void whatWasWrittenAheadIsDeducted() {
    long without = turnWith(128);
    for (int i = 0; i < 40; i++) {
      pace.wroteAhead();
    }
    long some = turnWith(128);
    for (int i = 0; i < 1000; i++) {
      pace.wroteAhead();
    }
    long all = turnWith(128);
    assertThat(some).isLessThan(without);
    assertThat(all).isPositive().isLessThan(some);
    assertThat(turnWith(128)).isEqualTo(without);
  }

  @Test
  void quietTurnsAreUsed() {
    turnWith(1);
    long soon = turnWith(0);
    assertThat(soon).isPositive().isLessThan(TURN_NANOS);
    long later = 0;
    for (int i = 0; i < 30; i++) {
      later = turnWith(0);
    }
    assertThat(later).isEqualTo(Pace.LONGEST_NANOS);
    assertThat(turnWith(1)).isLessThan(TURN_NANOS);
  }

  @Test
  void writesThatWaitAreHelped() {
    turnWith(100);
    commands++;
    assertThat(pace.sliceNanos(now, true)).isEqualTo(Pace.LONGEST_NANOS);
  }
}
