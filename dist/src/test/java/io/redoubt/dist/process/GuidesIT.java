package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.dist.process.Distribution.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five published guides to replication and sentinels, run with their own command lines. Every line
 * of them is in {@code lines.tsv}, with its proof: a guide's script, another test, or the reason
 * why nothing tests it.
 */
final class GuidesIT {
  private static final Path GUIDES = Path.of("src/test/guides").toAbsolutePath();
  private static final Path ROOT = Path.of("..");
  private static final Pattern SHOWN = Pattern.compile("(?m)^ok ((?:[^\n]*\\\\\n)*[^\n]*)$");
  private static final String REASON = "- ";

  @TempDir private Path folder;

  /** The proof of each line by id: empty for the scripts, a source, or a reason. */
  private static Map<String, String> lines() throws IOException {
    Map<String, String> proofs = new TreeMap<>();
    for (String line : Files.readAllLines(GUIDES.resolve("lines.tsv"))) {
      if (line.startsWith("#")) {
        continue;
      }
      String[] columns = line.split("\t", -1);
      assertThat(columns).as(line).hasSizeBetween(2, 3);
      assertThat(columns[1]).as(line).isNotBlank();
      String previous = proofs.put(columns[0], columns.length == 2 ? "" : columns[2]);
      assertThat(previous).as("a second line %s", columns[0]).isNull();
    }
    return proofs;
  }

  private static Set<String> ids(String text) {
    Set<String> ids = new TreeSet<>();
    Matcher shown = SHOWN.matcher(text);
    while (shown.find()) {
      ids.addAll(List.of(shown.group(1).replace("\\\n", " ").strip().split("\\s+")));
    }
    return ids;
  }

  private static Set<String> linesOfScripts() throws IOException {
    Set<String> ids = new TreeSet<>();
    lines().forEach((id, proof) -> ids.addAll(proof.isEmpty() ? Set.of(id) : Set.of()));
    return ids;
  }

  @Test
  void everyLineIsShownOrHasAReason() throws Exception {
    for (Map.Entry<String, String> line : lines().entrySet()) {
      String proof = line.getValue();
      if (proof.startsWith(REASON)) {
        assertThat(proof.substring(REASON.length())).as(line.getKey()).isNotBlank();
      } else if (!proof.isEmpty()) {
        assertThat(ROOT.resolve(proof)).as(line.getKey()).isRegularFile();
      }
    }
    StringBuilder scripts = new StringBuilder();
    try (Stream<Path> files = Files.list(GUIDES)) {
      for (Path file : files.filter(it -> it.getFileName().toString().contains("guide")).toList()) {
        scripts.append(Files.readString(file));
      }
    }
    assertThat(ids(scripts.toString())).isEqualTo(linesOfScripts());
  }

  /** Requires root, for the namespaces that act as machines. */
  @Test
  void theGuidesWorkLineByLine() throws Exception {
    Distribution.assumeInstalled("nsenter", "ss", "/usr/bin/python3");
    Distribution.assumeNamespaces();
    List<String> command = new ArrayList<>(List.of(GUIDES.resolve("run").toString()));
    command.add(Distribution.HOME.toString());
    command.add(System.getProperty("java.home"));
    command.add(folder.toString());
    Result result = Distribution.run(Map.of(), command.toArray(String[]::new));
    assertThat(result.status()).as(result.output()).isZero();
    assertThat(result.output()).endsWith("done\n");
    assertThat(ids(result.output())).isEqualTo(linesOfScripts());
  }
}
