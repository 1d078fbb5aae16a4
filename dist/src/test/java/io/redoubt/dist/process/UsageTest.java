package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The scripts for packaging and moving, called without arguments and with the options that all
 * tools share.
 */
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
    List<String> lines = run(2, usage.substring(0, usage.indexOf(' ')));
    assertThat(lines.getFirst()).startsWith(usage.substring(usage.indexOf('/') + 1));
    assertThat(lines).noneMatch(line -> line.startsWith("#") || line.startsWith("set "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"backup", "restore", "roll", "switch"})
  void aScriptThatMovesHasTheOptionsOfAllTools(String name) throws Exception {
    assertThat(run(0, "moving/" + name, "--version"))
        .containsExactly(name + " of the sources of Redoubt");
    assertThat(run(0, "moving/" + name, "--help").getFirst()).startsWith(name + " ");
  }

  private static List<String> run(int status, String script, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(arguments));
    command.addFirst(Path.of("src/main", script).toAbsolutePath().toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines;
    try (BufferedReader output = process.inputReader()) {
      lines = output.lines().toList();
    }
    assertThat(process.waitFor()).isEqualTo(status);
    return lines;
  }
}
