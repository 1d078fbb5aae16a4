package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class LimitedLogTest {

  private static final class Hand implements Clock {
    private long millis;

    @Override
    public long wallMillis() {
      return millis;
    }

    @Override
    public long wallMicros() {
      return 1000 * millis;
    }

    @Override
    public long monotonicNanos() {
      return TimeUnit.MILLISECONDS.toNanos(millis);
    }
  }

  private final Hand clock = new Hand();
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final LimitedLog log =
      new LimitedLog(new Log(clock, ZoneOffset.UTC, 1, output), clock, 2);

  private List<String> texts() {
    return output
        .toString(StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.substring(line.indexOf('#') + 2))
        .toList();
  }

  @Test
  void logsSomeAMinuteAndTheCountOfTheOthers() {
    for (int i = 0; i < 100; i++) {
      log.warning("bad message %d", i);
    }
    assertThat(texts()).containsExactly("bad message 0", "bad message 1");
    clock.millis += 59_999;
    log.warning("late");
    assertThat(texts()).hasSize(2);
    clock.millis++;
    log.warning("100%% bad");
    log.warning("next");
    assertThat(texts().subList(2, 4)).containsExactly("100% bad (and 99 more before)", "next");
  }
}
