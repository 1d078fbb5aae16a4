package io.redoubt.dist.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script dist/quickstart in a tree that was never built, with and without Maven. */
final class QuickstartScriptTest {
  private static final List<String> TOOLS =
      List.of(
          "awk",
          "cat",
          "date",
          "dirname",
          "find",
          "grep",
          "head",
          "ls",
          "mkdir",
          "mktemp",
          "readlink",
          "rm",
          "sed",
          "sh",
          "sleep",
          "tail");

  @TempDir private Path root;

  @BeforeEach
  void lay() throws Exception {
    for (String script : List.of("dist/quickstart", ".ci/jdk")) {
      Path copy = root.resolve(script);
      Files.createDirectories(copy.getParent());
      Files.copy(Path.of("..").resolve(script), copy);
      assertThat(copy.toFile().setExecutable(true)).isTrue();
    }
    Path bin = Files.createDirectory(root.resolve("bin"));
    for (String tool : TOOLS) {
      for (String folder : List.of("/bin", "/usr/bin")) {
        Path program = Path.of(folder, tool);
        if (Files.isExecutable(program)) {
          Files.createSymbolicLink(bin.resolve(tool), program);
          break;
        }
      }
    }
  }

  private void maven(String text) throws Exception {
    Path mvn = Files.writeString(root.resolve("bin/mvn"), "#!/bin/sh\n" + text);
    assertThat(mvn.toFile().setExecutable(true)).isTrue();
  }

  private String run() throws Exception {
    return run("nothing");
  }

  /** Runs the script, and creates the file {@code seen} once the script has printed a text. */
  private String run(String awaited) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(root.resolve("dist/quickstart").toString()).redirectErrorStream(true);
    builder.environment().put("PATH", root.resolve("bin").toString());
    builder.environment().put("JAVA25_HOME", System.getProperty("java.home"));
    builder.environment().put("TMPDIR", root.toString());
    Process process = builder.start();
    StringBuilder output = new StringBuilder();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.append(line).append('\n');
        if (line.contains(awaited)) {
          Files.createFile(root.resolve("seen"));
        }
      }
    }
    assertThat(process.waitFor()).isEqualTo(1);
    return output.toString();
  }

  @Test
  void withoutMavenItNamesWhatToInstall() throws Exception {
    assertThat(run()).startsWith("quickstart: ").contains("Maven 3.8.7", "apt-get install maven");
  }

  @Test
  void aBuildShowsItsModules() throws Exception {
    maven(
        """
        echo '[INFO] Scanning for projects...'
        echo '[INFO] Building Redoubt protocol 1.0.0-SNAPSHOT                        [2/10]'
        echo '[INFO] --- maven-compiler-plugin:3.14.0:compile (default-compile) @ redoubt-protocol ---'
        while [ ! -e seen ]; do sleep 0.1; done
        mkdir -p dist/target/redoubt-1/lib
        """);
    assertThat(run("redoubt-protocol (2 of 10), ")).contains("Building ", " s\n");
  }

  @Test
  void aFailedBuildEndsWithItsErrorsAndTheLog() throws Exception {
    maven(
        """
        echo '[INFO] Scanning for projects...'
        echo '[ERROR] '
        echo '[ERROR] COMPILATION ERROR : File.java'
        exit 1
        """);
    List<String> lines = run().lines().toList();
    assertThat(lines).contains("COMPILATION ERROR : File.java");
    String last = lines.getLast();
    assertThat(last).startsWith("quickstart: the build failed; its log is ");
    assertThat(Path.of(last.substring(last.lastIndexOf(' ') + 1))).content().contains("Scanning");
  }
}
