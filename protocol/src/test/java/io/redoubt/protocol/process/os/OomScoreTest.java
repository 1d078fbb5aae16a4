package io.redoubt.protocol.process.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OomScoreTest {
  @TempDir Path directory;
  private Path file;
  private OomScore score;

  @BeforeEach
  void before() throws IOException {
    file = directory.resolve("oom_score_adj");
    Files.writeString(file, "100\n");
    score = new OomScore(file);
  }

  @Test
  void addsRelativeValuesToTheOneFromBefore() throws IOException {
    score.adjust(200, true);
    score.adjust(300, true);

    assertThat(file).hasContent("400");
  }

  @Test
  void writesAbsoluteValues() throws IOException {
    score.adjust(-50, false);

    assertThat(file).hasContent("-50");
  }

  @Test
  void keepsWithinTheBoundsOfTheKernel() throws IOException {
    score.adjust(2000, false);
    assertThat(file).hasContent("1000");

    score.adjust(-2000, true);
    assertThat(file).hasContent("-1000");
  }

  @Test
  void restoresTheValueFromBefore() throws IOException {
    score.adjust(200, false);
    score.restore();

    assertThat(file).hasContent("100");
  }

  @Test
  void leavesTheFileAloneWithoutAnAdjustment() throws IOException {
    score.restore();

    assertThat(file).hasContent("100");
  }
}
