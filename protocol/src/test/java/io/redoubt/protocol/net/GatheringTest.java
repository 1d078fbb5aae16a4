package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a loop rests so that more connections become ready, and for how long. */
class GatheringTest {
  private static final long SOON = Gathering.MOST_NANOS;

  /** So many that a rest is short for each of them, at the lowest rate that is high. */
  private static final int MANY =
      (int) (Gathering.PART_OF_ROUND_TRIP * Gathering.MOST_REST_NANOS * Gathering.READS / SOON + 1);

  private long nanos = 1_000;
  private final Gathering gathering = new Gathering(() -> nanos);

  @BeforeEach
  void afterTheFirstRoundWhoseBeginningIsNotKnown() {
    round(MANY, SOON);
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void itRestsWhenManyConnectionsSendAndATurnFindsFew() {
    round(MANY, SOON);
    assertThat(gathering.wantsRest(1)).isTrue();
    assertThat(gathering.wantsRest(Gathering.FEW_CONNECTIONS - 1)).isTrue();
    assertThat(gathering.wantsRest(Gathering.FEW_CONNECTIONS)).isFalse();
  }

  @Test
  void afterATurnThatWasForSomethingElseItDoesNot() {
    round(MANY, SOON);
    assertThat(gathering.wantsRest(0)).isFalse();
  }

  @Test
  void untilARoundIsOverItDoesNot() {
    for (int i = 1; i < Gathering.READS; i++) {
      gathering.read(true);
    }
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void atALowRateItDoesNot() {
    round(MANY, SOON + 1);
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void withTheSlackOfTimersItRestsForNoMoreThanItsPartOfARoundTrip() {
    round(Gathering.READS, SOON);
    assertThat(rest()).isEqualTo(Gathering.MOST_REST_NANOS);

    round(20, Gathering.READS * 20_000L); // each is read every 400 microseconds
    assertThat(rest()).isEqualTo(400_000 / Gathering.PART_OF_ROUND_TRIP);
  }

  @Test
  void whereThatIsLessThanTheSlackItDoesNot() {
    round(16, Gathering.READS * 12_500L); // each is read every 200 microseconds
    assertThat(gathering.wantsRest(1)).isFalse();
    round(32, Gathering.READS * 12_500L);
    assertThat(gathering.wantsRest(1)).isTrue();
  }

  @Test
  void eachRoundIsJudgedByItself() {
    round(MANY, SOON);
    round(1, SOON);
    assertThat(gathering.wantsRest(1)).isFalse();
    round(MANY, SOON);
    assertThat(gathering.wantsRest(1)).isTrue();
  }

  private long rest() {
    assertThat(gathering.wantsRest(1)).isTrue();
    return gathering.restNanos() + Gathering.SLACK_NANOS;
  }

  /** A round of reads of so many connections, in turn. */
  private void round(int connections, long duration) {
    int round = gathering.round();
    nanos += duration;
    for (int i = 0; i < Gathering.READS; i++) {
      gathering.read(i < connections);
    }
    assertThat(gathering.round()).isEqualTo(round + 1);
  }
}
