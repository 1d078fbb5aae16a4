package io.redoubt.server.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.process.Clock;
import io.redoubt.server.execution.ServerRole;
import io.redoubt.server.execution.monitoring.Latency;
import io.redoubt.server.execution.monitoring.LatencyEvent;
import io.redoubt.server.execution.monitoring.ServerStats;
import io.redoubt.server.keyspace.Keyspace;
import io.redoubt.server.memory.CheckingSlabs;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExpiryCycleTest {
  private static final long STEP_MILLIS = 7;

  /** A clock on which a slice lasts from one reading to the next. */
  private static final class SteppingClock implements Clock {
    private long nanos;

    @Override
    public long wallMillis() {
      return 1;
    }

    @Override
    public long wallMicros() {
      return 1000;
    }

    @Override
    public long monotonicNanos() {
      nanos += STEP_MILLIS * 1_000_000;
      return nanos;
    }
  }

  private static final ServerRole MASTER =
      new ServerRole() {
        @Override
        public boolean isReplica() {
          return false;
        }

        @Override
        public boolean isFrozen() {
          return false;
        }
      };

  @Test
  void aLongSliceIsTheEventExpireCycle() {
    var clock = new SteppingClock();
    try (var slabs = CheckingSlabs.create();
        var keyspace = new Keyspace(slabs, 1, Seed.random("ExpiryCycleTest"))) {
      for (long threshold : new long[] {STEP_MILLIS + 1, STEP_MILLIS}) {
        var latency = new Latency(clock, () -> threshold);
        new ExpiryCycle(keyspace, MASTER, new ServerStats(), latency, clock).removeSome();
        assertThat(latency.samples(LatencyEvent.EXPIRE_CYCLE))
            .extracting(Latency.Sample::millis)
            .isEqualTo(threshold > STEP_MILLIS ? List.of() : List.of(STEP_MILLIS));
      }
    }
  }
}
