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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the classes, methods and lines named in ARCHITECTURE.md with the sources. */
final class ArchitecturePageTest {
  private static final Path ROOT = CompiledClass.ROOT;
  private static final Pattern NAME = Pattern.compile("`([A-Z]\\w*[a-z]\\w*)(?:\\.([a-z]\\w*))?`");

  /** A method in a list of the page: file, line and name. */
  private static final Pattern PLACE =
      Pattern.compile("`(([a-z]+)/[\\w/]+\\.java):(\\d+)` `(\\w+)`");

  /** The number of lines by which a method may move before the page must be corrected. */
  private static final int NEAR_LINES = 60;

  private static final int MIN_PLACES = 35;
  private static final int MAX_FILES_OF_SET = 15;

  /** The least number of names; fewer would mean that the test no longer parses the page. */
  private static final int MIN_NAMES = 50;

  @Test
  void namesExistingClasses() throws IOException {
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

  /** With {@code -Dredoubt.architecture=write} it corrects the lines of the page instead. */
  @Test
  void linesAreNearTheirMethods() throws IOException {
    Path page = ROOT.resolve("ARCHITECTURE.md");
    String text = Files.readString(page);
    List<String> wrong = new ArrayList<>();
    StringBuilder corrected = new StringBuilder();
    Matcher place = PLACE.matcher(text);
    int places = 0;
    while (place.find()) {
      places++;
      int line = nearest(place.group(1), place.group(2), place.group(4), place.group(3));
      if (line == 0 || Math.abs(line - Integer.parseInt(place.group(3))) > NEAR_LINES) {
        wrong.add(place.group() + (line == 0 ? " does not exist" : " is in line " + line));
      }
      place.appendReplacement(
          corrected, "`" + place.group(1) + ":" + line + "` `" + place.group(4) + "`");
    }
    if ("write".equals(System.getProperty("redoubt.architecture"))) {
      Files.writeString(page, place.appendTail(corrected));
      return;
    }
    assertThat(wrong).isEmpty();
    assertThat(places).isGreaterThan(MIN_PLACES);
  }

  @Test
  void limitsTheFilesOfASet() throws IOException {
    String text = Files.readString(ROOT.resolve("ARCHITECTURE.md"));
    int start = text.indexOf("## The way of a SET");
    String way = text.substring(start, text.indexOf("\n## ", start));
    assertThat(PLACE.matcher(way).results().map(place -> place.group(1)).distinct())
        .hasSizeBetween(2, MAX_FILES_OF_SET);
  }

  /** Returns the line that declares the method, the nearest one if there are several, or 0. */
  private static int nearest(String file, String module, String method, String expected)
      throws IOException {
    Path source = ROOT.resolve(module + "/src/main/java/io/redoubt/" + file);
    if (!Files.exists(source)) {
      return 0;
    }
    Pattern declaration =
        Pattern.compile(
            "^ {2,4}(?!return |new |else |throw )(?:[\\w<>\\[\\]?,.@]+ )+" + method + "\\(.*");
    List<String> lines = Files.readAllLines(source);
    int near = 0;
    for (int i = 1; i <= lines.size(); i++) {
      boolean nearer =
          near == 0
              || Math.abs(i - Integer.parseInt(expected))
                  < Math.abs(near - Integer.parseInt(expected));
      if (nearer && declaration.matcher(lines.get(i - 1)).matches()) {
        near = i;
      }
    }
    return near;
  }

  /** Returns the text of the source files by class name; files of the same name are joined. */
  private static Map<String, String> sources() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (String module :
        List.of("protocol", "persistence", "server", "server/embedded", "sentinel", "dist")) {
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
