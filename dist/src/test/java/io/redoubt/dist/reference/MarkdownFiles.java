package io.redoubt.dist.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The Markdown files of the repository, by path. */
public final class MarkdownFiles {
  /** The repository, relative to the folder in which the tests run. */
  public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final List<String> ALONE =
      List.of("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md");
  private static final List<String> FOLDERS = List.of("doc", "dist/src/main", "server");

  private MarkdownFiles() {}

  /** Returns all files written for readers. */
  static Map<String, MarkdownPage> all() throws IOException {
    Map<String, MarkdownPage> pages = new TreeMap<>();
    for (String file : ALONE) {
      pages.put(file, read(ROOT.resolve(file)));
    }
    for (String folder : FOLDERS) {
      pages.putAll(below(folder));
    }
    assertThat(pages).hasSizeGreaterThan(ALONE.size() + 3);
    return pages;
  }

  /** Returns the README and the pages of the guide, which contain commands for a reader to type. */
  public static Map<String, MarkdownPage> guide() throws IOException {
    Map<String, MarkdownPage> pages = new TreeMap<>(below("doc"));
    pages.put("README.md", read(ROOT.resolve("README.md")));
    return pages;
  }

  private static Map<String, MarkdownPage> below(String folder) throws IOException {
    Map<String, MarkdownPage> pages = new TreeMap<>();
    if (Files.exists(ROOT.resolve(folder))) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
        for (Path file : files.filter(MarkdownFiles::isSource).toList()) {
          pages.put(ROOT.relativize(file).toString(), read(file));
        }
      }
    }
    return pages;
  }

  private static boolean isSource(Path file) {
    return file.toString().endsWith(".md") && !file.toString().contains("/target/");
  }

  static MarkdownPage read(Path file) throws IOException {
    return MarkdownPage.parse(Files.readString(file));
  }
}
