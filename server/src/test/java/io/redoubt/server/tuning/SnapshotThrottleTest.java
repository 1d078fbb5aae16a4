package io.redoubt.server.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The pauses of a snapshot's thread for given times of running and waiting. */
class SnapshotThrottleTest {

  private static final long CHUNK_NANOS = 1_000_000;
  private static final int CHUNKS = 1_000;

  private final SnapshotThrottle throttle = new SnapshotThrottle(null);

  /** Returns the sum of the pauses if each chunk takes and waits for the given times. */
  private long rests(long waitedNanos) {
    long sum = 0;
    for (int i = 1; i <= CHUNKS; i++) {
      long rest = throttle.restNanos(i * CHUNK_NANOS, i * waitedNanos);
      assertThat(rest)
          .satisfiesAnyOf(
              nanos -> assertThat(nanos).isZero(),
              nanos -> assertThat(nanos).isGreaterThanOrEqualTo(SnapshotThrottle.LEAST_REST_NANOS));
      sum += rest;
    }
    return sum;
  }

  @Test
  void neverRestsWithoutWaitingForAProcessor() {
    assertThat(rests(0)).isZero();
  }

  @Test
  void restsInProportionToItsWaiting() {
    assertThat(rests(CHUNK_NANOS / 100))
        .isBetween(CHUNKS * CHUNK_NANOS / 12, CHUNKS * CHUNK_NANOS / 10);
  }

  @Test
  void worksAtLeastAQuarterOfTheTime() {
    long work = CHUNKS * CHUNK_NANOS;
    assertThat(rests(CHUNK_NANOS)).isBetween(work * 29 / 10, work * 3);
  }
}
