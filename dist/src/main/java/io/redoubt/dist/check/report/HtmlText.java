package io.redoubt.dist.check.report;

/** The source text of a page. */
final class HtmlText {

  private final StringBuilder page = new StringBuilder(1 << 16);

  /** Adds markup as it is. */
  HtmlText raw(String markup) {
    page.append(markup);
    return this;
  }

  /** Adds a text, which is escaped for content and for attributes in quotes. */
  HtmlText text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> page.append("&lt;");
        case '>' -> page.append("&gt;");
        case '&' -> page.append("&amp;");
        case '"' -> page.append("&quot;");
        case '\'' -> page.append("&#39;");
        default -> page.append(c);
      }
    }
    return this;
  }

  @Override
  public String toString() {
    return page.toString();
  }
}
