package io.redoubt.server.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How much of the loop's time the walk takes. */
class PaceTest {

  private static final long TURN_NANOS = 20_000;

  private long now = 1;
  private long commands = 7;
  private final LoopTurns turns =
      new LoopTurns() {
        @Override
        public void execute(Runnable task) {}

        @Override
        public void nextTurn(Runnable task) {}

        @Override
        public void soon(Runnable task) {}

        @Override
        public long commands() {
          return commands;
        }

        @Override
        public boolean isInTurn() {
          return false;
        }
      };
  private Pace pace = new Pace(turns, false, now);

  /** The slice after a turn of commands. */
  private long turnWith(int executed) {
    now += TURN_NANOS;
    commands += executed;
    return pace.sliceNanos(now, false);
  }

  /** Makes turns in which commands take all the time; returns that of the slices. */
  private long slices(int turns) {
    long sum = 0;
    for (int i = 0; i < turns; i++) {
      long slice = turnWith(16);
      sum += slice;
      now += slice;
      pace.sliced(now);
    }
    return sum;
  }

  @Test
  void commandsLeaveATwelfth() {
    slices(10);
    assertThat(slices(1000)).isBetween(1000 * TURN_NANOS / 12, 1000 * TURN_NANOS / 10);
  }

  @Test
  void noSliceIsTooShortOrTooLong() {
    assertThat(turnWith(16)).isZero();
    now += 1_000_000_000;
    assertThat(turnWith(1)).isEqualTo(Pace.LONGEST_NANOS);
  }

  @Test
  void whatWasWrittenAheadIsPaidBack() {
    long usual = slices(1000);
    pace.wroteAhead(usual / 2);
    assertThat(slices(1000)).isBetween(usual / 3, usual * 2 / 3);
    pace.wroteAhead(usual);
    assertThat(slices(500)).isZero();
    slices(1000);
    assertThat(slices(1000)).isBetween(usual * 9 / 10, usual * 11 / 10);
  }

  @Test
  void aLongQuietIsUsedWhateverIsOwed() {
    turnWith(1);
    pace.wroteAhead(1_000_000_000);
    assertThat(turnWith(0)).isZero();
    assertThat(afterQuietTurns()).isEqualTo(Pace.LONGEST_NANOS);
    assertThat(turnWith(1)).isZero();
  }

  @Test
  void whatSomebodyWaitsForGetsAQuarter() {
    pace = new Pace(turns, true, now);
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
  void writesThatWaitAreHelped() {
    turnWith(100);
    pace.wroteAhead(1_000_000_000);
    commands++;
    assertThat(pace.sliceNanos(now, true)).isEqualTo(Pace.LONGEST_NANOS);
  }
}
