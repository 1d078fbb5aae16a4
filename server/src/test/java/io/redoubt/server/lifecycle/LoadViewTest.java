package io.redoubt.server.lifecycle;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.server.loading.LoadProgress;
import java.io.ByteArrayOutputStream;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests the progress reports of a long load. */
class LoadViewTest {

  private long nowMillis = 1_800_000_000_000L;
  private final Clock clock =
      new Clock() {
        @Override
        public long wallMillis() {
          return nowMillis;
        }

        @Override
        public long wallMicros() {
          return nowMillis * 1000;
        }

        @Override
        public long monotonicNanos() {
          return nowMillis * 1_000_000;
        }
      };
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final LoadProgress progress = new LoadProgress(new Reports());
  private final Log log = new Log(clock, ZoneOffset.UTC, 1, written);
  private final LoadView view = new LoadView(progress, clock, log);

  private final class Reports implements LoadProgress.Listener {
    @Override
    public void onLoading(boolean loading) {
      if (loading) {
        view.begin();
      }
    }

    @Override
    public void onProgress() {
      view.reportIfDue();
    }
  }

  @Test
  void logsProgressAtIntervals() {
    List<String> statuses = new ArrayList<>();
    log.statusTo(statuses::add);
    progress.begin(nowMillis, 1000);
    for (int i = 1; i <= 20; i++) {
      nowMillis += 1_000;
      progress.onProgress(i * 50L);
    }
    assertThat(written.toString(UTF_8).lines())
        .hasSize(3)
        .first()
        .asString()
        .endsWith("* Loading: 30.0 %, 0 keys, 14 s left");
    assertThat(statuses).hasSize(4).contains("Loading: 30.0 %, 0 keys, 14 s left");
  }

  @Test
  void staysSilentDuringAShortLoad() {
    progress.begin(nowMillis, 1000);
    progress.onProgress(1000);
    assertThat(written.size()).isZero();
  }

  @Test
  void drawsABarInProportionToTheProgress() {
    assertThat(LoadView.bar(0)).isEqualTo("[" + " ".repeat(40) + "]");
    assertThat(LoadView.bar(50)).isEqualTo("[" + "#".repeat(20) + " ".repeat(20) + "]");
    assertThat(LoadView.bar(100.4)).isEqualTo("[" + "#".repeat(40) + "]");
  }
}
