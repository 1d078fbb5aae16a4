package io.redoubt.dist.reference;

import io.redoubt.dist.reference.Site.SitePage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes the manual of the archive: the pages of {@code doc} rendered to HTML, the reference, a
 * search index, and the README with links into them.
 */
public final class Manual {
  private static final String README = "README.md";

  private final Path repository;
  private final Path archive;
  private final Guide guide;
  private final Site site;

  private Manual(Path repository, Path archive, String version) throws IOException {
    this.repository = repository;
    this.archive = archive;
    guide = new Guide(repository.resolve("doc"));
    site = new Site(version, guide.sitePages());
  }

  /** Takes the folder of the repository, the folder that is packed, and the version of Redoubt. */
  public static void main(String[] arguments) throws Exception {
    new Manual(Path.of(arguments[0]), Path.of(arguments[1]), arguments[2]).write();
  }

  private void write() throws Exception {
    Files.createDirectories(archive.resolve("doc"));
    page(new SitePage("", Site.INDEX, "Redoubt " + site.version(), ""), this::contents);
    for (SitePage each : site.guide()) {
      page(each, page -> guide.write(each, page));
    }
    try (Reference reference = new Reference()) {
      for (SitePage each : Site.REFERENCE) {
        page(each, reference.body(each.file()));
      }
    }
    file(SearchIndex.FILE, site.searchIndex().script());
    for (String name : List.of(Site.STYLE, Site.SCRIPT)) {
      file(name, Resource.text(name));
    }
    Files.writeString(
        archive.resolve(README), ArchiveLinks.readme(Files.readString(repository.resolve(README))));
  }

  private void contents(HtmlPage page) {
    guide.writeContents(page);
    page.section("reference", "Reference");
    page.links(Site.REFERENCE);
  }

  private void page(SitePage which, Reference.Body body) throws Exception {
    HtmlPage page = new HtmlPage(site, which);
    body.write(page);
    file(which.file(), page.end());
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(archive.resolve("doc").resolve(name), text);
  }
}
