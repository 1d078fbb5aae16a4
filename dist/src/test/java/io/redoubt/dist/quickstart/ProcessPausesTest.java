package io.redoubt.dist.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pauses found in logs. */
final class ProcessPausesTest {
  @TempDir private Path folder;

  private long longest(String log) throws Exception {
    return ProcessPauses.longestMillis(Files.writeString(folder.resolve("redis.log"), log));
  }

  @Test
  void findsTheLongestOfANode() throws Exception {
    assertThat(
            longest(
                """
                7:C 28 Nov 2026 12:35:12.720 * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo
                7:M 28 Nov 2026 12:35:27.260 # This process was paused for 9000 ms
                7:M 28 Nov 2026 12:35:27.382 * Ready to accept connections tcp
                7:M 28 Nov 2026 12:35:28.382 # This process was paused for 1708 ms
                7:M 28 Nov 2026 12:35:30.382 # This process was paused for 1650 ms
                8:C 28 Nov 2026 12:36:12.720 * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo
                8:M 28 Nov 2026 12:36:27.260 # This process was paused for 8000 ms
                """))
        .isEqualTo(1_708);
  }

  @Test
  void takesTiltModeOfASentinelForOne() throws Exception {
    assertThat(longest("9:X 28 Nov 2026 12:35:28.382 # +tilt #tilt mode entered\n"))
        .isEqualTo(2_000);
  }

  @Test
  void findsNoneInAQuietLog() throws Exception {
    assertThat(longest("9:X 28 Nov 2026 12:35:28.382 * Ready to accept connections tcp\n"))
        .isZero();
    assertThat(ProcessPauses.longestMillis(folder.resolve("missing.log"))).isZero();
  }
}
