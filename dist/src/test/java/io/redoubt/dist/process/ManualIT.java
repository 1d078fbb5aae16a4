package io.redoubt.dist.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The manual of the packed distribution, opened as files. */
@Timeout(600)
final class ManualIT {
  private static final Path DOC = Distribution.HOME.resolve("doc");
  private static final Pattern HTML_LINK = Pattern.compile("href=\"([^\"#:]+)(?:#[^\"]*)?\"");
  private static final Pattern MARKDOWN_LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

  /** Checks layout, search and filter by the script {@code manual-layout.js}. */
  @Test
  void fitsWideAndNarrowScreens() throws Exception {
    Browser.assumeInstalled();
    try (Browser browser =
        new Browser("manual-layout.js", List.of(DOC.toAbsolutePath().toString()))) {
      browser.awaitDone();
    }
    assertThat(Browser.PICTURES.resolve("manual-index.html-400-dark.png")).isNotEmptyFile();
  }

  @Test
  void linksLeadToFilesOfTheArchive() throws Exception {
    List<String> broken = new ArrayList<>();
    addBroken(Distribution.HOME.resolve("README.md"), MARKDOWN_LINK, broken);
    try (Stream<Path> files = Files.list(DOC)) {
      for (Path page : files.filter(file -> file.toString().endsWith(".html")).toList()) {
        addBroken(page, HTML_LINK, broken);
      }
    }
    assertThat(broken).isEmpty();
  }

  private static void addBroken(Path page, Pattern link, List<String> broken) throws IOException {
    List<MatchResult> links = link.matcher(Files.readString(page)).results().toList();
    assertThat(links).as(page.toString()).isNotEmpty();
    for (MatchResult each : links) {
      if (!Files.exists(page.resolveSibling(each.group(1)))) {
        broken.add(page.getFileName() + ": " + each.group(1));
      }
    }
  }
}
