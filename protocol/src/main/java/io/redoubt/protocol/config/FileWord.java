package io.redoubt.protocol.config;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A word that begins lines of a file but is no directive: CONFIG GET and SET don't know it. Its
 * lines are kept in their order; CONFIG REWRITE leaves them alone unless told what they should be.
 */
public final class FileWord {
  private final String name;
  private final List<Line> lines = new ArrayList<>();
  private int least = 1;
  private int most = Integer.MAX_VALUE;
  private int keyWords = 1;
  private boolean anyBytes;
  private String section = "";
  private final List<Example> examples = new ArrayList<>();
  private @Nullable ValueCheck<List<String>> reader;
  private @Nullable Supplier<List<List<String>>> rewriter;

  /** A line that was read, with its number in its file. */
  private record Line(List<String> arguments, int number, String text) {}

  /** A line of the shipped file, which is in force or in a comment. */
  record Example(String arguments, String sentences, boolean active) {}

  FileWord(String name) {
    this.name = name;
  }

  /** How many arguments a line has; another number makes it a bad directive. */
  public FileWord arguments(int atLeast, int atMost) {
    least = atLeast;
    most = atMost;
    return this;
  }

  /**
   * How many words, this one included, tell what a line is about: a rewritten line takes the place
   * of one that is about the same.
   */
  public FileWord keyWords(int count) {
    keyWords = count;
    return this;
  }

  /** Takes arguments that are no texts in UTF-8, with the escapes of {@code Utf8}. */
  public FileWord anyBytes() {
    anyBytes = true;
    return this;
  }

  boolean takesAnyBytes() {
    return anyBytes;
  }

  /** Adds a line that the shipped file shows in a comment, and what it does. */
  public FileWord shown(String arguments, String sentences) {
    examples.add(new Example(arguments, sentences, false));
    return this;
  }

  /** Adds a line that the shipped file has, and what it does. */
  public FileWord shipped(String arguments, String sentences) {
    examples.add(new Example(arguments, sentences, true));
    return this;
  }

  /** Has each line's arguments looked at while the file is read; a refusal stops the start. */
  public FileWord onRead(ValueCheck<List<String>> check) {
    reader = check;
    return this;
  }

  /**
   * Has CONFIG REWRITE bring the file's lines to those of {@code lines}: the arguments of each,
   * quoted where they need it.
   */
  public FileWord rewrittenAs(Supplier<List<List<String>>> lines) {
    rewriter = lines;
    return this;
  }

  /** The arguments of each line of the start's configuration, without quotes. */
  public List<List<String>> words() {
    return lines.stream().map(Line::arguments).toList();
  }

  /** What stops a start because of the line whose arguments are at {@code index} of them. */
  public FatalConfigError error(int index, String reason) {
    Line line = lines.get(index);
    return FatalConfigError.atLine(line.number(), line.text(), reason, List.of());
  }

  String name() {
    return name;
  }

  boolean takes(int arguments) {
    return arguments >= least && arguments <= most;
  }

  int keyWords() {
    return keyWords;
  }

  void section(String title) {
    section = title;
  }

  String section() {
    return section;
  }

  List<Example> examples() {
    return examples;
  }

  void read(List<String> arguments, int number, String text) throws RefusedValue {
    if (reader != null) {
      reader.look(arguments);
    }
    lines.add(new Line(List.copyOf(arguments), number, text));
  }

  @Nullable Supplier<List<List<String>>> rewriter() {
    return rewriter;
  }
}
