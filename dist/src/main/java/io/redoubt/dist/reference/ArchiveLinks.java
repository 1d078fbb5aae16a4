package io.redoubt.dist.reference;

import java.nio.file.Path;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Maps files of the repository to their places in the archive, for links between its pages. */
final class ArchiveLinks {
  private static final Pattern WEB = Pattern.compile("[a-z]+:.*");
  private static final Pattern LINK = Pattern.compile("\\[([^\\]\\[]+)\\]\\(([^()\\s]+)\\)");

  /** Places of folders and files of the repository in the archive, as dist/pom.xml packs them. */
  private static final Map<String, String> PLACES =
      Map.ofEntries(
          Map.entry("README.md", "README.md"),
          Map.entry("LICENSE", "LICENSE"),
          Map.entry("NOTICE", "NOTICE"),
          Map.entry("conf", "conf"),
          Map.entry("doc/README.md", "doc/" + Site.INDEX),
          Map.entry("dist/src/main/cluster", "cluster"),
          Map.entry("dist/src/main/container", "container"),
          Map.entry("dist/src/main/man", "man/man1"),
          Map.entry("dist/src/main/metrics", "metrics"),
          Map.entry("dist/src/main/moving", "moving"),
          Map.entry("dist/src/main/systemd", "systemd"));

  private ArchiveLinks() {}

  /**
   * Returns the destination of a link in the archive, or null if the archive lacks the file.
   *
   * @param from the page's path in the repository; its folder has the same name in the archive
   */
  static @Nullable String of(String from, String destination) {
    if (destination.startsWith("#") || WEB.matcher(destination).matches()) {
      return destination;
    }
    int hash = destination.indexOf('#');
    String file = hash < 0 ? destination : destination.substring(0, hash);
    String anchor = hash < 0 ? "" : destination.substring(hash);
    Path page = Path.of("/").resolve(from);
    String target = page.resolveSibling(file).normalize().toString().substring(1);
    String place = placeOf(target);
    if (place == null) {
      return null;
    }
    return page.resolveSibling("").relativize(Path.of("/").resolve(place)) + anchor;
  }

  private static @Nullable String placeOf(String target) {
    for (Map.Entry<String, String> place : PLACES.entrySet()) {
      if (target.equals(place.getKey()) || target.startsWith(place.getKey() + "/")) {
        return place.getValue() + target.substring(place.getKey().length());
      }
    }
    return target.matches("doc/[^/]+\\.md") ? htmlOf(target) : null;
  }

  private static String htmlOf(String file) {
    return file.substring(0, file.length() - ".md".length()) + ".html";
  }

  /** Returns the README of the repository with its links adapted to the archive. */
  static String readme(String markdown) {
    return LINK.matcher(markdown).replaceAll(ArchiveLinks::relinked);
  }

  private static String relinked(MatchResult link) {
    String destination = of("README.md", link.group(2));
    String text = link.group(1);
    return Matcher.quoteReplacement(
        destination == null ? text : "[" + text + "](" + destination + ")");
  }
}
