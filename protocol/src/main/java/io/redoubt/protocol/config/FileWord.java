package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.ValueCheck;
import io.redoubt.protocol.config.directive.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A kind of config file line that is not a directive of CONFIG GET and SET, such as {@code user}.
 * Its lines are kept in order; CONFIG REWRITE leaves them alone unless {@link #rewrittenAs}
 * supplies others.
 */
public final class FileWord {
  private final String name;
  private final List<Line> lines = new ArrayList<>();
  private int min = 1;
  private int max = Integer.MAX_VALUE;
  private int keyWords = 1;
  private boolean anyBytes;
  private String section = "";
  private List<String> firstArguments = List.of();
  private final List<Example> examples = new ArrayList<>();
  private @Nullable ValueCheck<List<String>> reader;
  private @Nullable Supplier<List<List<String>>> rewriter;

  /** A line of the configuration, with its place. */
  private record Line(List<String> arguments, Mistake place) {}

  /** A line of the shipped file, active or commented out. */
  public record Example(String arguments, String sentences, boolean active) {}

  FileWord(String name) {
    this.name = name;
  }

  /** Sets the permitted number of arguments; others make the line invalid. */
  public FileWord arguments(int min, int max) {
    this.min = min;
    this.max = max;
    return this;
  }

  /**
   * Sets the number of leading words, including the name, that identify the subject of a line: a
   * rewritten line replaces the one with the same subject.
   */
  public FileWord keyWords(int count) {
    keyWords = count;
    return this;
  }

  /** Accepts arguments that are not UTF-8, with the escapes of {@code Utf8}. */
  public FileWord anyBytes() {
    anyBytes = true;
    return this;
  }

  boolean takesAnyBytes() {
    return anyBytes;
  }

  /** Adds a documented line that the shipped file shows commented out. */
  public FileWord shown(String arguments, String sentences) {
    examples.add(new Example(arguments, sentences, false));
    return this;
  }

  /** Adds a documented line to the shipped file. */
  public FileWord shipped(String arguments, String sentences) {
    examples.add(new Example(arguments, sentences, true));
    return this;
  }

  /** Sets a check of each line's arguments while the file is read; a refusal prevents the start. */
  public FileWord onRead(ValueCheck<List<String>> check) {
    reader = check;
    return this;
  }

  /**
   * Sets the supplier of the lines that CONFIG REWRITE writes: the arguments of each line, quoted
   * if needed.
   */
  public FileWord rewrittenAs(Supplier<List<List<String>>> lines) {
    rewriter = lines;
    return this;
  }

  /** Returns the arguments of each line of the start's configuration, without quotes. */
  public List<List<String>> words() {
    return lines.stream().map(Line::arguments).toList();
  }

  /** Returns the error that refuses the line at {@code index} of {@link #words}. */
  public FatalConfigError error(int index, String reason) {
    return FatalConfigError.of(lines.get(index).place().because(reason));
  }

  /** Names the possible first arguments, from which hints for misspelled ones are taken. */
  public FileWord firstArguments(Collection<String> names) {
    firstArguments = List.copyOf(names);
    return this;
  }

  List<String> firstArguments() {
    return firstArguments;
  }

  /** Returns the first word of the lines. */
  public String name() {
    return name;
  }

  boolean takes(int arguments) {
    return arguments >= min && arguments <= max;
  }

  /** Returns the words of a line that identify its subject, in lower case. */
  List<String> subject(List<String> words) {
    return words.stream().limit(keyWords).map(Words::lower).toList();
  }

  void setSection(String title) {
    section = title;
  }

  String section() {
    return section;
  }

  /** Returns the documented lines. */
  public List<Example> examples() {
    return examples;
  }

  /**
   * Reads a line.
   *
   * @param place the line without a reason
   */
  void read(List<String> arguments, Mistake place) throws RefusedValue {
    if (reader != null) {
      reader.check(arguments);
    }
    lines.add(new Line(List.copyOf(arguments), place));
  }

  @Nullable Supplier<List<List<String>>> rewriter() {
    return rewriter;
  }
}
