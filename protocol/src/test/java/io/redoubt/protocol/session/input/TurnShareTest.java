package io.redoubt.protocol.session.input;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.resp.Request;
import org.junit.jupiter.api.Test;

class TurnShareTest {
  private long nanos;
  private final TurnShare share =
      new TurnShare(
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
          });

  /** Returns the number of requests, each without arguments, that run in a turn. */
  private int admitted(long nanosEach) {
    share.renew();
    Request request = Request.of("INFO");
    int admitted = 0;
    while (admitted < 100_000 && share.admits(request, false)) {
      admitted++;
      nanos += nanosEach;
    }
    return admitted;
  }

  @Test
  void endsAfterItsTimeHoweverLongRequestsTake() {
    for (long each : new long[] {500, 5_000, 50_000, 400_000, 10_000_000}) {
      long fitting = TurnShare.NANOS / each;
      assertThat(admitted(each))
          .as("requests of %d ns", each)
          .isBetween((int) fitting, (int) (fitting + 2 + 32));
    }
    assertThat(admitted(10_000_000)).isLessThanOrEqualTo(2);
  }

  @Test
  void isHeavyUntilATurnOfQuickRequests() {
    Request request = Request.of("INFO");
    assertThat(share.isHeavy()).isFalse();
    admitted(TurnShare.NANOS);
    share.renew();
    assertThat(share.isHeavy()).as("has used up its share").isTrue();
    share.renew();
    assertThat(share.isHeavy()).as("a turn without requests shows nothing").isTrue();
    assertThat(share.admits(request, true)).isTrue();
    share.renew();
    assertThat(share.isHeavy()).as("after a quick request").isFalse();
    assertThat(share.admits(request, false)).isTrue();
    share.ranLong();
    assertThat(share.admits(request, false)).as("after a long request").isFalse();
    share.renew();
    assertThat(share.isHeavy()).as("after a long request").isTrue();
  }

  @Test
  void admitsALongRequestOnlyAfterOtherClients() {
    Request request = Request.of("x ".repeat(TurnShare.LONG_ARGUMENTS).split(" "));
    assertThat(share.admits(request, false)).isFalse();
    share.renew();
    assertThat(share.admits(request, true)).isTrue();
  }
}
