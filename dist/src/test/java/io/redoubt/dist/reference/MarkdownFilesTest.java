package io.redoubt.dist.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The Markdown files: their links resolve, and their form is the usual one. */
final class MarkdownFilesTest {
  private static final Pattern WEB = Pattern.compile("(https?|mailto):.*");
  private static final int MAX_CELL = 200;
  private static final int MAX_README_LINES = 130;

  /** The languages of fenced blocks that the pages use. */
  private static final Set<String> LANGUAGES =
      Set.of("sh", "text", "conf", "ini", "yaml", "json", "java", "xml", "python", "promql");

  @Test
  void everyLinkLeadsToAFileAndAHeading() throws IOException {
    List<String> broken = new ArrayList<>();
    int links = 0;
    for (Map.Entry<String, MarkdownPage> page : MarkdownFiles.all().entrySet()) {
      Path file = MarkdownFiles.ROOT.resolve(page.getKey());
      for (String link : page.getValue().links()) {
        if (!WEB.matcher(link).matches()) {
          links++;
          int hash = link.indexOf('#');
          String path = hash < 0 ? link : link.substring(0, hash);
          Path target = path.isEmpty() ? file : file.resolveSibling(path).normalize();
          boolean isThere = target.startsWith(MarkdownFiles.ROOT) && Files.exists(target);
          if (!isThere || (hash >= 0 && !anchors(target).contains(link.substring(hash + 1)))) {
            broken.add(page.getKey() + ": " + link);
          }
        }
      }
    }
    assertThat(broken).isEmpty();
    assertThat(links).isPositive();
  }

  /** Returns the ids of a file's headings; none for files other than Markdown. */
  private static Set<String> anchors(Path file) throws IOException {
    Set<String> ids = new TreeSet<>();
    if (file.toString().endsWith(".md")) {
      MarkdownFiles.read(file).sections().forEach(section -> ids.add(section.id()));
    }
    return ids;
  }

  @Test
  void readmeAndTablesAreShort() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (Map.Entry<String, MarkdownPage> page : MarkdownFiles.guide().entrySet()) {
      for (String cell : page.getValue().cells()) {
        if (cell.length() > MAX_CELL) {
          tooLong.add(page.getKey() + ": " + cell.length() + " characters: " + cell);
        }
      }
    }
    assertThat(tooLong).isEmpty();
    assertThat(Files.readAllLines(MarkdownFiles.ROOT.resolve("README.md")))
        .hasSizeLessThanOrEqualTo(MAX_README_LINES);
  }

  @Test
  void pagesOfTheGuideHaveATitleAndNamedBlocks() throws IOException {
    MarkdownFiles.guide()
        .forEach((name, page) -> {
          assertThat(page.title().level()).as(name).isEqualTo(1);
          assertThat(page.sections().stream().filter(section -> section.level() == 1))
              .as(name)
              .hasSize(1);
          page.blocks().forEach(block -> assertThat(LANGUAGES).as(name).contains(block.language()));
        });
  }
}
