package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The scripts that pack and move, called without arguments. */
final class UsageTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "package/archives HOME TIME:",
        "package/debs HOME TIME OUT:",
        "package/image HOME TIME OUT:",
        "package/rpms HOME TIME OUT:",
        "moving/backup SERVER FILE:",
        "moving/restore FILE DIR:",
        "moving/roll SENTINEL NAME COMMAND...:",
        "moving/switch OLD NEW:"
      })
  void aScriptWithoutArgumentsPrintsItsUsage(String usage) throws Exception {
    Path script = Path.of("src/main", usage.substring(0, usage.indexOf(' ')));
    Process process =
        new ProcessBuilder(script.toAbsolutePath().toString()).redirectErrorStream(true).start();
    List<String> lines;
    try (BufferedReader output = process.inputReader()) {
      lines = output.lines().toList();
    }
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(lines.getFirst()).startsWith(usage.substring(usage.indexOf('/') + 1));
    assertThat(lines).noneMatch(line -> line.startsWith("#") || line.startsWith("set "));
  }
}
