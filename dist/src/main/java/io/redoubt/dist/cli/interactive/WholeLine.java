package io.redoubt.dist.cli.interactive;

import java.util.List;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.Parser;

/**
 * A line as one word, which completions replace as a whole: names of commands may have blanks, and
 * quotes are checked when the line is run.
 */
record WholeLine(String line, int cursor) implements CompletingParsedLine {

  /** Returns the parser of such lines. */
  static Parser parser() {
    return (line, cursor, _) -> new WholeLine(line, cursor);
  }

  @Override
  public String word() {
    return line;
  }

  @Override
  public int wordCursor() {
    return cursor;
  }

  @Override
  public int wordIndex() {
    return 0;
  }

  @Override
  public List<String> words() {
    return List.of(line);
  }

  @Override
  public CharSequence escape(CharSequence candidate, boolean complete) {
    return candidate;
  }

  @Override
  public int rawWordCursor() {
    return cursor;
  }

  @Override
  public int rawWordLength() {
    return line.length();
  }
}
