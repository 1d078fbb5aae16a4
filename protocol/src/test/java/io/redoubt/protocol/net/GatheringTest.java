package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a loop rests so that more connections become ready. */
class GatheringTest {
  private static final int MANY = Gathering.MANY_CONNECTIONS;
  private static final int PIPELINE = Gathering.PIPELINE_BYTES;
  private static final long SOON = Gathering.MOST_NANOS;

  private long nanos = 1_000;
  private final Gathering gathering = new Gathering(() -> nanos);

  @BeforeEach
  void afterTheFirstRoundWhoseBeginningIsNotKnown() {
    round(MANY, PIPELINE, SOON);
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void itRestsWhenManyConnectionsSendPipelinesAndATurnFindsFew() {
    round(MANY, PIPELINE, SOON);
    assertThat(gathering.wantsRest(1)).isTrue();
    assertThat(gathering.wantsRest(3)).isTrue();
    assertThat(gathering.wantsRest(4)).isFalse();
  }

  @Test
  void afterATurnThatWasForSomethingElseItDoesNot() {
    round(MANY, PIPELINE, SOON);
    assertThat(gathering.wantsRest(0)).isFalse();
  }

  @Test
  void untilARoundIsOverItDoesNot() {
    for (int i = 1; i < Gathering.READS; i++) {
      gathering.received(PIPELINE);
      gathering.read(true);
    }
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void forFewConnectionsItDoesNot() {
    round(MANY - 1, PIPELINE, SOON);
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void forSingleRequestsItDoesNot() {
    round(MANY, PIPELINE - 1, SOON);
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void atALowRateItDoesNot() {
    round(MANY, PIPELINE, SOON + 1);
    assertThat(gathering.wantsRest(1)).isFalse();
  }

  @Test
  void eachRoundIsJudgedByItself() {
    round(MANY, PIPELINE, SOON);
    round(1, PIPELINE, SOON);
    assertThat(gathering.wantsRest(1)).isFalse();
    round(MANY, PIPELINE, SOON);
    assertThat(gathering.wantsRest(1)).isTrue();
  }

  /** A round of reads of so many connections, in turn. */
  private void round(int connections, int bytes, long duration) {
    int round = gathering.round();
    nanos += duration;
    for (int i = 0; i < Gathering.READS; i++) {
      gathering.received(bytes);
      gathering.read(i < connections);
    }
    assertThat(gathering.round()).isEqualTo(round + 1);
  }
}
