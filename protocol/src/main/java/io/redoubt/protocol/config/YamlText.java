package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.Words;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.CollectionNode;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A configuration in YAML, as the lines of a config file that it stands for.
 *
 * <p>The document is a mapping from names to arguments. A plain text is split into words as in a
 * config file, a quoted one is one argument. Lists and mappings are arguments in their order. Of
 * words that may occur in several lines, such as {@code user}, each item of a list or mapping is a
 * line of its own, while a list in brackets is the arguments of one. {@code ${NAME}} stands for a
 * variable of the environment, except within single quotes. The lines below {@link #GENERATED} are
 * complete lines of a config file.
 */
final class YamlText {
  /** The name above the lines that CONFIG REWRITE writes. */
  static final String GENERATED = "generated";

  private static final int MOST_DEPTH = 8;
  private static final int MOST_ALIASES = 50;
  private static final int MOST_CHARACTERS = 16 << 20;
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

  /**
   * A line of a config file, with its position in the YAML text.
   *
   * @param words the name and its arguments; empty if they are unknown
   * @param error the reason why the words are unknown, or null
   * @param row of the value, from 1
   * @param column of the value, from 1
   * @param top the top-level pair that contains the line
   * @param item the item or inner pair that produces only this line
   * @param value the arguments that are not names above the value
   * @param fixed the number of words that come from names above the value
   */
  record Line(
      List<String> words,
      @Nullable String error,
      int row,
      int column,
      Range top,
      Range item,
      Range value,
      int fixed) {
    String shown() {
      return String.join(" ", words);
    }
  }

  /**
   * A part of the text.
   *
   * @param start index of its first character
   * @param end index after its last character, comments excluded
   * @param isFlow true within brackets or braces, where a line of text holds several items
   */
  record Range(int start, int end, boolean isFlow) {}

  private final String text;

  /** True if each code point is one character, so that a mark's index counts characters. */
  private final boolean isBasic;

  private final DirectiveTable directives;
  private final UnaryOperator<@Nullable String> environment;
  private final List<Line> lines = new ArrayList<>();

  private YamlText(
      String text, DirectiveTable directives, UnaryOperator<@Nullable String> environment) {
    this.text = text;
    isBasic = text.codePointCount(0, text.length()) == text.length();
    this.directives = directives;
    this.environment = environment;
  }

  /**
   * Returns the lines of a document.
   *
   * @param environment returns the value of a variable, or null
   * @throws Malformed if it isn't YAML
   */
  static List<Line> lines(
      String text, DirectiveTable directives, UnaryOperator<@Nullable String> environment)
      throws Malformed {
    YamlText yaml = new YamlText(text, directives, environment);
    yaml.read();
    return yaml.lines;
  }

  /** A text that isn't YAML, or not a mapping. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    final int row;
    final int column;

    Malformed(String reason, @Nullable Mark place) {
      super(reason, null, false, false);
      row = place == null ? 1 : place.getLine() + 1;
      column = place == null ? 1 : place.getColumn() + 1;
    }
  }

  static boolean isNameOf(Path file) {
    String name = Words.lower(file.toString());
    return name.endsWith(".yaml") || name.endsWith(".yml");
  }

  private void read() throws Malformed {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MOST_ALIASES);
    options.setNestingDepthLimit(MOST_DEPTH);
    options.setCodePointLimit(MOST_CHARACTERS);
    options.setAllowRecursiveKeys(false);
    Node document;
    try {
      document = new Yaml(options).compose(new StringReader(text));
    } catch (MarkedYAMLException e) {
      String problem = e.getProblem() == null ? "not YAML" : e.getProblem();
      throw new Malformed(problem, e.getProblemMark());
    } catch (YAMLException e) {
      throw new Malformed(String.valueOf(e.getMessage()), null);
    }
    if (document == null || isNothing(document)) {
      return;
    }
    if (!(document instanceof MappingNode pairs)) {
      throw new Malformed("a mapping of names to arguments is expected", document.getStartMark());
    }
    Set<String> names = new HashSet<>();
    for (NodeTuple pair : pairs.getValue()) {
      Node key = pair.getKeyNode();
      Range range = range(key, pair.getValueNode(), isFlow(pairs));
      if (!(key instanceof ScalarNode name)) {
        throw new Malformed("a name is expected", key.getStartMark());
      }
      if (!names.add(Words.lower(name.getValue()))) {
        throw new Malformed("the name occurs twice: " + name.getValue(), key.getStartMark());
      }
      readPair(name.getValue(), pair.getValueNode(), range);
    }
  }

  private void readPair(String name, Node value, Range top) throws Malformed {
    if (name.equals(GENERATED)) {
      for (Node item : items(value)) {
        addGenerated(item, top);
      }
    } else if (directives.find(name) == null
        && value instanceof CollectionNode<?> several
        && !isArguments(value)) {
      eachLine(List.of(name), several, top, 0);
    } else if (directives.find(name) == null && isNothing(value)) {
      return; // a word for which there is no line
    } else {
      add(List.of(name), value, top, range(value, value, top.isFlow()));
    }
  }

  private List<Node> items(Node value) throws Malformed {
    if (isNothing(value)) {
      return List.of();
    }
    if (value instanceof SequenceNode list) {
      return list.getValue();
    }
    throw new Malformed("a list of lines is expected", value.getStartMark());
  }

  private void addGenerated(Node item, Range top) {
    List<String> words = List.of();
    String error = null;
    try {
      words = Words.of(Words.stored(item instanceof ScalarNode line ? line.getValue() : "\""));
    } catch (RefusedValue e) {
      error = e.reason();
    }
    add(words, error, item, top, range(item, item, top.isFlow()), 0);
  }

  /** Adds a line for each item, of inner lists and mappings too, that starts with these words. */
  private void eachLine(List<String> start, CollectionNode<?> several, Range top, int depth)
      throws Malformed {
    if (depth > MOST_DEPTH) {
      throw new Malformed("too deep", several.getStartMark());
    }
    boolean flow = top.isFlow() || isFlow(several);
    if (several instanceof MappingNode pairs) {
      for (NodeTuple pair : pairs.getValue()) {
        List<String> longer = new ArrayList<>(start);
        longer.add(pair.getKeyNode() instanceof ScalarNode key ? key.getValue() : "");
        Node value = pair.getValueNode();
        Range item = range(pair.getKeyNode(), value, flow);
        if (value instanceof CollectionNode<?> inner && !isArguments(value)) {
          eachLine(longer, inner, top, depth + 1);
        } else if (!isNothing(value)) {
          add(longer, value, top, item);
        }
      }
    } else if (several instanceof SequenceNode list) {
      for (Node item : list.getValue()) {
        add(start, item, top, range(item, item, flow));
      }
    }
  }

  /** Adds the line of these words and the arguments in a node. */
  private void add(List<String> start, Node value, Range top, Range item) {
    List<String> words = new ArrayList<>(start);
    String error = null;
    try {
      arguments(value, words, 0);
    } catch (RefusedValue e) {
      error = e.reason();
    }
    add(words, error, value, top, item, start.size());
  }

  private void add(
      List<String> words, @Nullable String error, Node value, Range top, Range item, int fixed) {
    Mark place = value.getStartMark();
    Range here = range(value, value, item.isFlow());
    lines.add(
        new Line(words, error, place.getLine() + 1, place.getColumn() + 1, top, item, here, fixed));
  }

  private void arguments(Node node, List<String> to, int depth) throws RefusedValue {
    if (depth > MOST_DEPTH) {
      throw new RefusedValue("too deep");
    }
    if (node instanceof MappingNode pairs) {
      for (NodeTuple pair : pairs.getValue()) {
        arguments(pair.getKeyNode(), to, depth + 1);
        arguments(pair.getValueNode(), to, depth + 1);
      }
    } else if (node instanceof SequenceNode list) {
      for (Node item : list.getValue()) {
        arguments(item, to, depth + 1);
      }
    } else if (isNothing(node)) {
      throw new RefusedValue("a value is missing; an empty one is written as ''");
    } else if (node instanceof ScalarNode scalar) {
      if (scalar.getScalarStyle() == ScalarStyle.PLAIN) {
        for (String word : Words.of(Words.stored(scalar.getValue()))) {
          to.add(expanded(word));
        }
      } else if (scalar.getScalarStyle() == ScalarStyle.SINGLE_QUOTED) {
        to.add(scalar.getValue());
      } else {
        to.add(expanded(scalar.getValue()));
      }
    }
  }

  private String expanded(String word) throws RefusedValue {
    Matcher matcher = VARIABLE.matcher(word);
    StringBuilder result = new StringBuilder();
    while (matcher.find()) {
      String value = environment.apply(matcher.group(1));
      if (value == null) {
        throw new RefusedValue("the environment has no variable " + matcher.group(1));
      }
      matcher.appendReplacement(result, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(result).toString();
  }

  private static boolean isNothing(Node node) {
    return node instanceof ScalarNode scalar
        && scalar.getScalarStyle() == ScalarStyle.PLAIN
        && scalar.getTag().equals(Tag.NULL);
  }

  /** Returns true if the node is a list in brackets: the arguments of one line. */
  private static boolean isArguments(Node node) {
    return node instanceof SequenceNode list && isFlow(list);
  }

  private static boolean isFlow(CollectionNode<?> node) {
    return node.getFlowStyle() == FlowStyle.FLOW;
  }

  private Range range(Node from, Node to, boolean flow) {
    return new Range(offset(from.getStartMark()), end(to), flow);
  }

  /** Returns the index after a node; a block ends with its last item. */
  private int end(Node node) {
    if (node instanceof CollectionNode<?> several
        && !isFlow(several)
        && !several.getValue().isEmpty()) {
      Object last = several.getValue().getLast();
      return end(last instanceof NodeTuple pair ? pair.getValueNode() : (Node) last);
    }
    return offset(node.getEndMark());
  }

  private int offset(Mark mark) {
    return isBasic ? mark.getIndex() : text.offsetByCodePoints(0, mark.getIndex());
  }
}
