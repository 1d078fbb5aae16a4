package io.redoubt.dist.reference;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.ext.heading.anchor.IdGenerator;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Code;
import org.commonmark.node.FencedCodeBlock;
import org.commonmark.node.Heading;
import org.commonmark.node.HtmlBlock;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.node.SoftLineBreak;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.HtmlRenderer;
import org.jspecify.annotations.Nullable;

/** A parsed file of Markdown (CommonMark with tables), whose headings have the ids of GitHub. */
public final class MarkdownPage {
  private static final TablesExtension TABLES = (TablesExtension) TablesExtension.create();

  /** The lengths up to which code is not broken into lines. */
  private static final int SHORT = 20;

  private static final int SHORT_IN_TABLE = 12;

  private final Node document;
  private final List<Section> sections = new ArrayList<>();
  private final Map<Node, String> ids = new HashMap<>();

  /**
   * A heading and the text up to the next one.
   *
   * @param level 1 for the title of the page
   * @param links the destinations of the links in the text
   */
  public record Section(int level, String id, String heading, String text, List<String> links) {}

  /** A fenced block of code, and the comment in the line before it or an empty text. */
  public record Block(String language, String code, String comment) {}

  private MarkdownPage(Node document) {
    this.document = document;
    IdGenerator generator = IdGenerator.builder().build();
    each(Heading.class, heading -> ids.put(heading, generator.generateId(plain(heading))));
    for (Node node = document.getFirstChild(); node != null; ) {
      Node start = node;
      StringBuilder text = new StringBuilder();
      List<String> links = new ArrayList<>();
      for (node = node.getNext(); node != null && !(node instanceof Heading); ) {
        text.append(plain(node)).append('\n');
        each(node, Link.class, link -> links.add(link.getDestination()));
        node = node.getNext();
      }
      if (start instanceof Heading heading) {
        sections.add(
            new Section(heading.getLevel(), id(heading), plain(heading), text.toString(), links));
      }
    }
  }

  /** Parses a file. */
  public static MarkdownPage parse(String markdown) {
    return new MarkdownPage(Parser.builder().extensions(List.of(TABLES)).build().parse(markdown));
  }

  private String id(Heading heading) {
    return ids.getOrDefault(heading, "");
  }

  /** Returns the headings and their texts, in order. */
  public List<Section> sections() {
    return sections;
  }

  public Section title() {
    return sections.getFirst();
  }

  /** Returns the destinations of all links and images. */
  public List<String> links() {
    List<String> links = new ArrayList<>();
    each(Link.class, link -> links.add(link.getDestination()));
    each(Image.class, image -> links.add(image.getDestination()));
    return links;
  }

  /** Returns the text of each cell of a table. */
  public List<String> cells() {
    List<String> cells = new ArrayList<>();
    each(TableCell.class, cell -> cells.add(plain(cell)));
    return cells;
  }

  /** Returns the fenced blocks, in order. */
  public List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    each(
        FencedCodeBlock.class,
        block -> {
          String comment =
              block.getPrevious() instanceof HtmlBlock before ? before.getLiteral().strip() : "";
          blocks.add(new Block(block.getInfo().strip(), block.getLiteral(), comment));
        });
    return blocks;
  }

  /**
   * Renders the page without its title and comments.
   *
   * @param destinations gives the new destination of a link, or null if the reader does not have
   *     the file: its text remains
   */
  String html(Function<String, @Nullable String> destinations) {
    List<Node> superfluous = new ArrayList<>();
    each(
        Link.class,
        link -> {
          String destination = destinations.apply(link.getDestination());
          if (destination == null) {
            for (Node child = link.getFirstChild(); child != null; child = link.getFirstChild()) {
              link.insertBefore(child);
            }
            superfluous.add(link);
          } else {
            link.setDestination(destination);
          }
        });
    each(HtmlBlock.class, superfluous::add);
    if (document.getFirstChild() instanceof Heading title) {
      superfluous.add(title);
    }
    superfluous.forEach(Node::unlink);
    return HtmlRenderer.builder()
        .extensions(List.of(TABLES))
        .escapeHtml(true)
        .attributeProviderFactory(_ -> this::addAttributes)
        .build()
        .render(document);
  }

  private void addAttributes(Node node, String tag, Map<String, String> attributes) {
    if (node instanceof Heading heading) {
      attributes.put("id", id(heading));
    } else if (tag.equals("pre")) {
      attributes.put("tabindex", "0"); // it scrolls sideways
    } else if (node instanceof Code code && isShort(code)) {
      attributes.put("class", "short"); // in one line
    } else if (node instanceof TableCell cell && !cell.isHeader()) {
      attributes.put("data-label", columnOf(cell));
    }
  }

  private static boolean isShort(Code code) {
    boolean inTable = code.getParent() instanceof TableCell;
    return code.getLiteral().length() <= (inTable ? SHORT_IN_TABLE : SHORT);
  }

  /** Returns the heading of a cell's column, which is shown next to the cell on a narrow screen. */
  private static String columnOf(TableCell cell) {
    Node table = cell.getParent().getParent().getParent();
    Node column = table.getFirstChild().getFirstChild().getFirstChild();
    for (Node before = cell.getPrevious(); before != null && column != null; ) {
      column = column.getNext();
      before = before.getPrevious();
    }
    return column == null ? "" : plain(column);
  }

  /** Returns the text of a node and its descendants. */
  private static String plain(Node node) {
    StringBuilder text = new StringBuilder();
    node.accept(
        new AbstractVisitor() {
          @Override
          public void visit(Text part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(Code part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(FencedCodeBlock part) {
            text.append(part.getLiteral());
          }

          @Override
          public void visit(SoftLineBreak part) {
            text.append(' ');
          }

          @Override
          protected void visitChildren(Node parent) {
            super.visitChildren(parent);
            if (parent instanceof TableCell || parent instanceof org.commonmark.node.Block) {
              text.append(' ');
            }
          }
        });
    return text.toString().strip();
  }

  private <T extends Node> void each(Class<T> type, java.util.function.Consumer<T> visitor) {
    each(document, type, visitor);
  }

  private static <T extends Node> void each(
      Node node, Class<T> type, java.util.function.Consumer<T> visitor) {
    if (type.isInstance(node)) {
      visitor.accept(type.cast(node));
    }
    for (Node child = node.getFirstChild(); child != null; ) {
      Node next = child.getNext();
      each(child, type, visitor);
      child = next;
    }
  }
}
