package io.redoubt.server.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.net.EndOfTurn;
import org.junit.jupiter.api.Test;

class CommitDelayTest {
  private static final long SYNC = 1_000_000;

  private final CommitDelay delay = new CommitDelay();

  private long nanos(long now, int found, int returned, int answered) {
    return delay.nanos(now, SYNC, found, returned, answered);
  }

  @Test
  void looksOnceAndNeverWaitsForASingleClient() {
    assertThat(nanos(5 * SYNC, 1, 0, 0)).isZero();
    assertThat(nanos(5 * SYNC, 0, 0, 0)).isEqualTo(EndOfTurn.NO_LOOK);
    delay.endTurn();
    delay.onAnswered(6 * SYNC);
    assertThat(nanos(6 * SYNC + 10, 1, 1, 1)).isZero();
    assertThat(nanos(6 * SYNC + 11, 0, 1, 1)).isEqualTo(EndOfTurn.NO_LOOK);
  }

  @Test
  void waitsForTheClientsOfTheLastGroupAtMostASyncTime() {
    delay.onAnswered(0);
    assertThat(nanos(100, 3, 3, 50)).isEqualTo(SYNC - 100);
    assertThat(nanos(200, 40, 43, 50)).isEqualTo(SYNC - 200);
    assertThat(nanos(300, 1, 44, 50)).as("one is always late").isZero();
    assertThat(nanos(301, 0, 44, 50)).isEqualTo(EndOfTurn.NO_LOOK);
  }

  @Test
  void keepsPollingWhileRequestsArriveAtMostASyncTime() {
    delay.onAnswered(0);
    assertThat(nanos(3 * SYNC, 5, 5, 5)).isZero();
    assertThat(nanos(3 * SYNC + 10, 5, 5, 5)).isZero();
    assertThat(nanos(4 * SYNC, 5, 5, 5)).isEqualTo(EndOfTurn.NO_LOOK);
  }

  @Test
  void pausesWaitingAfterAFruitlessWait() {
    delay.onAnswered(0);
    assertThat(nanos(0, 1, 0, 8)).isEqualTo(SYNC);
    assertThat(nanos(SYNC, 0, 0, 8)).isEqualTo(EndOfTurn.NO_LOOK);
    for (int i = 1; i < CommitDelay.HURRIED_GROUPS; i++) {
      delay.endTurn();
      delay.onAnswered(i * 3 * SYNC);
      assertThat(nanos(i * 3 * SYNC, 1, 0, 8)).isZero();
    }
    delay.endTurn();
    delay.onAnswered(90 * SYNC);
    assertThat(nanos(90 * SYNC, 1, 0, 8)).isEqualTo(SYNC);
  }

  @Test
  void aLateRequestDoesNotMakeAWaitFruitless() {
    delay.onAnswered(0);
    assertThat(nanos(7 * SYNC, 1, 1, 8)).isZero();
    delay.endTurn();
    delay.onAnswered(9 * SYNC);
    assertThat(nanos(9 * SYNC, 1, 1, 8)).isEqualTo(SYNC);
  }
}
