package io.redoubt.protocol.session.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;
import org.junit.jupiter.api.Test;

class TurnShareTest {
  private long nanos;
  private final TurnTime turn = new TurnTime();
  private final Clock clock =
      new Clock() {
        @Override
        public long wallMicros() {
          return nanos / 1000;
        }

        @Override
        public long wallMillis() {
          return nanos / 1_000_000;
        }

        @Override
        public long monotonicNanos() {
          return nanos;
        }
      };
  private final TurnShare share = new TurnShare(clock, turn);

  /** Returns the number of requests, each without arguments, that run in a turn. */
  private int admitted(int sharers, long nanosEach) {
    share.renew(sharers);
    turn.clear();
    return admitted(share, nanosEach);
  }

  private int admitted(TurnShare share, long nanosEach) {
    Request request = Request.of("INFO");
    int admitted = 0;
    while (admitted < 100_000 && share.admits(request, true)) {
      admitted++;
      nanos += nanosEach;
    }
    return admitted;
  }

  @Test
  void endsAfterItsTimeHoweverLongRequestsTake() {
    for (long each : new long[] {500, 5_000, 50_000, 400_000, 10_000_000}) {
      long fitting = TurnShare.NANOS / each;
      assertThat(admitted(1, each))
          .as("requests of %d ns", each)
          .isBetween((int) fitting, (int) (fitting + 2 + 32));
    }
    assertThat(admitted(1, 10_000_000)).isLessThanOrEqualTo(2);
  }

  @Test
  void isSmallerIfManyClientsUseTheirsUp() {
    int alone = admitted(1, 10_000);
    assertThat(admitted(20, 10_000)).isEqualTo(alone);
    assertThat(admitted(100, 10_000)).isLessThan(alone / 3);
    assertThat(admitted(100_000, 10_000)).isBetween(5, alone / 3);
  }

  @Test
  void aTurnOfManyPipelinesIsNotMuchLongerThanThatOfSome() {
    long some = turnNanos(10);
    assertThat(some).isGreaterThan(5 * TurnShare.NANOS);
    assertThat(turnNanos(50)).isLessThan(2 * some);
    TurnShare late = new TurnShare(clock, turn);
    assertThat(late.admits(Request.of("INFO"), true)).as("a late pipeline").isFalse();
    assertThat(late.isUsedUp()).isTrue();
    assertThat(new TurnShare(clock, turn).admits(Request.of("INFO"), false)).isTrue();
    turn.clear();
    assertThat(admitted(new TurnShare(clock, turn), 10_000))
        .isGreaterThanOrEqualTo((int) (TurnShare.NANOS / 10_000));
  }

  /** Returns the length of a turn in which clients use up their shares. */
  private long turnNanos(int clients) {
    turn.clear();
    long start = nanos;
    for (int i = 0; i < clients; i++) {
      TurnShare each = new TurnShare(clock, turn);
      admitted(each, 10_000);
      each.renew(1);
    }
    return nanos - start;
  }
}
