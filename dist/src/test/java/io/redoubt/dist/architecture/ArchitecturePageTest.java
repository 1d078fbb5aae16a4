package io.redoubt.dist.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the classes and methods that ARCHITECTURE.md names with the sources. */
final class ArchitecturePageTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*[a-z]\\w*)(?:\\.([a-z]\\w*))?`");

  /** Fewer names would mean that the page is no longer understood. */
  private static final int MIN_NAMES = 50;

  @Test
  void namesWhatExists() throws IOException {
    Map<String, String> sources = sources();
    List<String> missing = new ArrayList<>();
    List<MatchResult> names =
        NAME.matcher(Files.readString(ROOT.resolve("ARCHITECTURE.md"))).results().toList();
    for (MatchResult name : names) {
      String source = sources.get(name.group(1));
      String method = name.group(2);
      if (source == null
          || (method != null && !Pattern.compile("\\b" + method + "\\(").matcher(source).find())) {
        missing.add(name.group());
      }
    }
    assertThat(missing).isEmpty();
    assertThat(names).hasSizeGreaterThan(MIN_NAMES);
  }

  /** Returns the text of each source file, those of one name together, by the name of its class. */
  private static Map<String, String> sources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module : List.of("protocol", "persistence", "server", "sentinel", "dist")) {
      try (Stream<Path> paths = Files.walk(ROOT.resolve(module + "/src"))) {
        for (Path path : paths.filter(p -> p.toString().endsWith(".java")).toList()) {
          String file = path.getFileName().toString();
          sources.merge(
              file.substring(0, file.length() - ".java".length()),
              Files.readString(path),
              String::concat);
        }
      }
    }
    return sources;
  }
}
