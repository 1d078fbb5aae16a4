package io.redoubt.protocol.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The number of I/O threads for a load. */
final class ThreadDemandTest {
  private static final int AVAILABLE = 3;

  private final ThreadDemand demand = new ThreadDemand();

  private int after(int periods, int serving, double owner, double threads, int clients) {
    return after(periods, serving, new ThreadDemand.Load(owner, threads, clients, 1));
  }

  private int after(int periods, int serving, ThreadDemand.Load load) {
    int now = serving;
    for (int i = 0; i < periods; i++) {
      now = demand.after(now, AVAILABLE, load);
    }
    return now;
  }

  @Test
  void aThreadJoinsABusyOwner() {
    assertThat(after(1, 0, 0.8, 0, 9)).isZero();
    assertThat(after(1, 0, 0.8, 0, 9)).isEqualTo(1);
  }

  @Test
  void aPauseEndsTheCount() {
    for (int i = 0; i < 20; i++) {
      assertThat(after(1, 0, 0.9, 0, 9)).isZero();
      assertThat(after(1, 0, 0.6, 0, 9)).isZero();
    }
  }

  @Test
  void noThreadJoinsForASingleClient() {
    assertThat(after(50, 0, 1, 0, 1)).isZero();
    assertThat(after(50, 1, 1, 0.9, 2)).isEqualTo(1);
  }

  @Test
  void noThreadJoinsWithoutAnIdleProcessor() {
    assertThat(after(50, 0, new ThreadDemand.Load(1, 0, 50, 0.4))).isZero();
    assertThat(after(2, 0, new ThreadDemand.Load(1, 0, 50, 0.5))).isEqualTo(1);
  }

  @Test
  void furtherThreadsJoinWhenTheOthersAreBusy() {
    assertThat(after(50, 1, 0.9, 0.6, 50)).isEqualTo(1);
    assertThat(after(2, 1, 0.5, 0.8, 50)).isEqualTo(2);
    assertThat(after(50, 2, 0.9, 1.3, 50)).isEqualTo(2);
    assertThat(after(50, 2, 0.9, 3, 50)).isEqualTo(AVAILABLE);
  }

  @Test
  void threadsLeaveAfterASecondOfLittleLoad() {
    assertThat(after(9, 1, 0.1, 0.1, 9)).isEqualTo(1);
    assertThat(after(1, 1, 0.1, 0.1, 9)).isZero();
    assertThat(after(10, 3, 0.9, 0.7, 9)).isEqualTo(2);
    assertThat(after(100, 3, 0, 0, 0)).isZero();
    assertThat(after(100, 0, 0, 0, 0)).isZero();
  }

  /** A thread does not leave when its share of the work has shrunk a lot after it joined. */
  @ParameterizedTest
  @CsvSource({"0.35, 0.05", "0.05, 0.35", "0.7, 0.7", "0.9, 0.3"})
  void neverJoinsAndLeavesForTheSameLoad(double owner, double threads) {
    assertThat(after(100, 1, owner, threads, 2)).isEqualTo(1);
  }
}
