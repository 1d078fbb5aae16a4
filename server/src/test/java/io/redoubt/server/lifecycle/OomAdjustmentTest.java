package io.redoubt.server.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.process.Clock;
import io.redoubt.protocol.process.Log;
import io.redoubt.protocol.process.os.OomScore;
import io.redoubt.server.settings.ServerDirectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OomAdjustmentTest {
  @TempDir Path directory;
  private final ServerDirectives settings = new ServerDirectives();
  private Path file;
  private boolean replica;
  private OomAdjustment adjustment;

  @BeforeEach
  void before() throws IOException {
    file = directory.resolve("oom_score_adj");
    Files.writeString(file, "10\n");
    adjustment =
        new OomAdjustment(settings, new OomScore(file), () -> replica, Log.silent(Clock.system()));
    adjustment.follow();
  }

  @Test
  void changesNothingByDefault() {
    assertThat(file).hasContent("10");
  }

  @Test
  void addsTheValueOfTheRole() throws Exception {
    set("oom-score-adj", "relative", "oom-score-adj-values", "1 200 800");
    assertThat(file).hasContent("11");

    replica = true;
    adjustment.followRole();

    assertThat(file).hasContent("210");
  }

  @Test
  void setsAbsoluteValuesAndRestores() throws Exception {
    set("oom-score-adj", "absolute", "oom-score-adj-values", "5 200 800");
    assertThat(file).hasContent("5");

    set("oom-score-adj", "no");

    assertThat(file).hasContent("10");
  }

  @Test
  void refusesWhatTheKernelRefuses() throws IOException {
    Files.delete(file);
    Files.createDirectory(file);

    assertThatThrownBy(() -> set("oom-score-adj", "yes"))
        .isInstanceOf(RefusedValue.class)
        .hasMessageEndingWith(
            "Failed to apply new oom_score_adj configuration, check server logs.");
    assertThat(settings.oomScoreAdj.text()).isEqualTo("no");
  }

  private void set(String... namesAndValues) throws RefusedValue {
    settings.set(List.of(namesAndValues), false);
  }
}
