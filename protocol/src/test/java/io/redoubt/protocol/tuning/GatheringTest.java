package io.redoubt.protocol.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The conditions and the length of the loop's pause for more ready connections. */
class GatheringTest {
  private static final int MAX_PAUSE_MICROS = 100;
  private static final long MAX_PAUSE_NANOS = MAX_PAUSE_MICROS * 1000L;
  private static final long SOON = Gathering.MAX_BUSY_NANOS;

  /**
   * A number of connections that makes a pause short for each of them, at the lowest rate that
   * counts as high.
   */
  private static final int MANY =
      (int) (Gathering.PART_OF_ROUND_TRIP * MAX_PAUSE_NANOS * Gathering.READS / SOON + 1);

  private long nanos = 1_000;
  private final Gathering gathering = new Gathering(() -> nanos);

  @BeforeEach
  void doesNotPauseAfterTheFirstRound() {
    gathering.setMaxPauseMicros(MAX_PAUSE_MICROS);
    round(MANY, SOON);
    assertThat(gathering.wantsPause(1)).isFalse();
  }

  @Test
  void pausesWhenManyConnectionsSendAndATurnFindsFew() {
    round(MANY, SOON);
    assertThat(gathering.wantsPause(1)).isTrue();
    assertThat(gathering.wantsPause(Gathering.FEW_CONNECTIONS - 1)).isTrue();
    assertThat(gathering.wantsPause(Gathering.FEW_CONNECTIONS)).isFalse();
  }

  @Test
  void doesNotPauseAfterATurnWithoutReads() {
    round(MANY, SOON);
    assertThat(gathering.wantsPause(0)).isFalse();
  }

  @Test
  void doesNotPauseBeforeARoundIsComplete() {
    for (int i = 1; i < Gathering.READS; i++) {
      gathering.read(true);
    }
    assertThat(gathering.wantsPause(1)).isFalse();
  }

  @Test
  void doesNotPauseAtALowRate() {
    round(MANY, SOON + 1);
    assertThat(gathering.wantsPause(1)).isFalse();
  }

  @Test
  void pauseAndTimerSlackAreAFractionOfTheRoundTrip() {
    round(Gathering.READS, SOON);
    assertThat(pause()).isEqualTo(MAX_PAUSE_NANOS);

    round(20, Gathering.READS * 20_000L); // each is read every 400 microseconds
    assertThat(pause()).isEqualTo(400_000 / Gathering.PART_OF_ROUND_TRIP);
  }

  @Test
  void doesNotPauseIfTheSlackAloneExceedsTheFraction() {
    round(16, Gathering.READS * 12_500L); // each is read every 200 microseconds
    assertThat(gathering.wantsPause(1)).isFalse();
    round(32, Gathering.READS * 12_500L);
    assertThat(gathering.wantsPause(1)).isTrue();
  }

  @Test
  void evaluatesEachRoundSeparately() {
    round(MANY, SOON);
    round(1, SOON);
    assertThat(gathering.wantsPause(1)).isFalse();
    round(MANY, SOON);
    assertThat(gathering.wantsPause(1)).isTrue();
  }

  @Test
  void doesNotPauseWhenTurnedOff() {
    round(MANY, SOON);
    gathering.setMaxPauseMicros(0);
    assertThat(gathering.wantsPause(1)).isFalse();
    int round = gathering.round();
    for (int i = 0; i < 3 * Gathering.READS; i++) {
      gathering.read(true);
    }
    assertThat(gathering.round()).isEqualTo(round);
    assertThat(gathering.wantsPause(1)).isFalse();
  }

  @Test
  void keepsToTheLongestPause() {
    gathering.setMaxPauseMicros(70);
    round(Gathering.READS, SOON);
    assertThat(pause()).isEqualTo(70_000);
  }

  private long pause() {
    assertThat(gathering.wantsPause(1)).isTrue();
    return gathering.pauseNanos() + Gathering.SLACK_NANOS;
  }

  /** Simulates a round in which each of the connections is read once. */
  private void round(int connections, long duration) {
    int round = gathering.round();
    nanos += duration;
    for (int i = 0; i < Gathering.READS; i++) {
      gathering.read(i < connections);
    }
    assertThat(gathering.round()).isEqualTo(round + 1);
  }
}
