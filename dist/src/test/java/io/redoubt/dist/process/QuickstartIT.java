package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged redoubt-quickstart, on a terminal and with programs that fail to start. */
final class QuickstartIT {
  private static final String LAUNCHER =
      Distribution.HOME.resolve("bin/redoubt-quickstart").toString();
  private static final String HOME = "\u001b[H";

  /** Matches the row of the master and captures its process. */
  private static final Pattern MASTER =
      Pattern.compile("127\\.0\\.0\\.1:\\d+ +(\\d+) +master .*Try:", Pattern.DOTALL);

  @TempDir private Path folder;

  @Test
  void theTableAndItsEventsFitAUsualTerminal() throws Exception {
    try (ShownProgram program =
        ShownProgram.onTerminal(
            List.of("stty cols 80 rows 24;", LAUNCHER, "--dir", folder.toString()), Map.of())) {
      Matcher master = MASTER.matcher(program.await(text -> MASTER.matcher(text).find()));
      assertThat(master.find()).isTrue();
      ProcessHandle.of(Long.parseLong(master.group(1))).orElseThrow().destroyForcibly();
      String shown = program.await(text -> text.contains("+switch-master"));
      String picture = shown.substring(shown.indexOf(HOME), shown.lastIndexOf(HOME));
      for (String each : picture.split(Pattern.quote(HOME), -1)) {
        List<String> lines = each.replaceAll("\u001b\\[[0-9]*[A-Z]", "").lines().toList();
        assertThat(lines).hasSizeLessThan(24).allMatch(line -> line.length() <= 80);
      }
    }
  }

  @Test
  void theErrorOfAProgramThatDoesNotStartStandsLast() throws Exception {
    Path broken = Files.writeString(folder.resolve("broken"), "#!/bin/sh\necho no such luck\n");
    assertThat(broken.toFile().setExecutable(true)).isTrue();
    for (List<String> mode : List.of(List.of("--demo"), List.of("--demo", "--cluster"))) {
      List<String> command = new ArrayList<>(mode);
      command.addFirst(LAUNCHER);
      command.addAll(List.of("--server", broken.toString(), "--dir", folder.toString()));
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertThat(process.waitFor()).isEqualTo(1);
      String last = output.lines().toList().getLast();
      assertThat(last).startsWith("FAILED: no answer on port ");
      assertThat(Path.of(last.substring(last.indexOf(folder.toString()))))
          .content()
          .contains("no such luck");
    }
  }
}
