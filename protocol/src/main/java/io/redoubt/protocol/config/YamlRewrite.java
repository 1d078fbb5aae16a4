package io.redoubt.protocol.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.config.YamlText.Line;
import io.redoubt.protocol.config.YamlText.Range;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.Words;
import io.redoubt.protocol.process.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One CONFIG REWRITE of a YAML file. Different values are replaced in place, obsolete lines are
 * removed, and missing directives are listed as config lines under {@link YamlText#GENERATED} at
 * the end. Everything else is kept, including comments and environment variables whose values are
 * still right.
 */
final class YamlRewrite {
  private static final String HEAD = Rewrite.SIGNATURE + "\n" + YamlText.GENERATED + ":\n";

  /** Words that need no quotes in any place. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./+][A-Za-z0-9_./+@-]*");

  private static final Pattern NOTHING = Pattern.compile("(?i)null|~|");

  private final DirectiveTable directives;
  private final Path file;
  private final boolean complete;
  private final List<String> generated = new ArrayList<>();
  private String text = "";

  /** Creates a rewrite; {@code complete} writes a line for each directive. */
  YamlRewrite(DirectiveTable directives, Path file, boolean complete) {
    this.directives = directives;
    this.file = file;
    this.complete = complete;
  }

  /** Reads the file and computes its new content. */
  FileReplacement prepare() throws IOException {
    String before = Files.exists(file) ? SmallFile.text(file, UTF_8) : "";
    String after = edited(before);
    return new FileReplacement(file, after.equals(before) ? null : after.getBytes(UTF_8));
  }

  /** Returns the new text of the file. */
  String edited(String before) throws IOException {
    text = before;
    removeGenerated();
    for (Directive<?, ?> directive : differing()) {
      put(directive);
    }
    for (Directive<?, ?> directive : complete ? directives.all() : differing()) {
      generate(directive);
    }
    for (FileWord word : directives.fileWords()) {
      Supplier<List<List<String>>> rewriter = word.rewriter();
      if (rewriter != null) {
        put(word, rewriter.get());
      }
    }
    if (!generated.isEmpty()) {
      if (lines().stream().anyMatch(line -> line.top().isFlow())) {
        throw new IOException(file + " can't be rewritten: nothing can follow a text in braces");
      }
      StringBuilder all = new StringBuilder(text);
      if (!text.isEmpty() && !text.endsWith("\n")) {
        all.append('\n');
      }
      all.append(HEAD);
      generated.forEach(line -> all.append("  - ").append(quoted(line)).append('\n'));
      text = all.toString();
    }
    lines(); // throws if a start would refuse the new text
    return text;
  }

  private List<Line> lines() throws IOException {
    try {
      return YamlText.lines(text, directives, System::getenv);
    } catch (YamlText.Malformed e) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s isn't valid YAML at line %d, column %d: %s",
              file,
              e.row,
              e.column,
              e.getMessage()));
    }
  }

  private void removeGenerated() throws IOException {
    List<Range> old =
        lines().stream().filter(line -> line.fixed() == 0).map(Line::top).distinct().toList();
    for (Range range : old.reversed()) {
      remove(range);
    }
    text = text.replace(Rewrite.SIGNATURE + "\n", "");
  }

  /** Returns the directives to which a start with this text would give other values. */
  private List<Directive<?, ?>> differing() throws IOException {
    ReadBack readBack = new ReadBack(directives);
    for (Line line : lines()) {
      if (!readBack.accepts(() -> readBack.readYamlLine(line)) && !line.words().isEmpty()) {
        Directive<?, ?> directive = directiveOf(line);
        if (directive != null) {
          readBack.onRefused(directive);
        }
      }
    }
    return readBack.differing();
  }

  private @Nullable Directive<?, ?> directiveOf(Line line) {
    return directives.find(line.words().getFirst());
  }

  /** Replaces the value of a directive where it stands. */
  private <T> void put(Directive<T, ?> directive) throws IOException {
    List<Line> places =
        lines().stream()
            .filter(line -> !line.words().isEmpty() && directive.equals(directiveOf(line)))
            .toList();
    for (int at = places.size() - 1; at >= 0; at--) {
      Line place = places.get(at);
      if (at > 0 || directive.isOmitted(directive.current())) {
        remove(place.top());
      } else {
        String name = place.words().getFirst();
        replace(place.top(), comments(place.top()) + name + ": " + value(words(directive)));
      }
    }
  }

  /** Returns the lines of comment within a part that is replaced. */
  private String comments(Range range) {
    StringBuilder comments = new StringBuilder();
    for (String line : text.substring(range.start(), range.end()).split("\n", -1)) {
      if (line.stripLeading().startsWith("#")) {
        comments.append(line.strip()).append('\n');
      }
    }
    return comments.toString();
  }

  private static <T> List<String> words(Directive<T, ?> directive) {
    List<String> words = new ArrayList<>();
    for (String arguments : directive.lines(directive.current())) {
      words.addAll(Words.orWhole(Words.stored(arguments)));
    }
    return words;
  }

  private <T> void generate(Directive<T, ?> directive) {
    if (!complete || !directive.isOmitted(directive.current())) {
      for (String arguments : directive.lines(directive.current())) {
        generated.add(directive.name() + " " + arguments);
      }
    }
  }

  /** Keeps wanted lines, changes lines with the same subject, and removes all others. */
  private void put(FileWord word, List<List<String>> arguments) throws IOException {
    List<List<String>> wanted = new ArrayList<>();
    List<String> wantedLines = new ArrayList<>();
    for (List<String> each : arguments) {
      String line = word.name() + " " + String.join(" ", each);
      wanted.add(Words.orWhole(Words.stored(line)));
      wantedLines.add(line);
    }
    List<Line> unwanted = new ArrayList<>();
    for (Line line : lines()) {
      if (!line.words().isEmpty() && Words.lower(line.words().getFirst()).equals(word.name())) {
        int same = wanted.indexOf(line.words());
        if (same >= 0) {
          wanted.remove(same);
          wantedLines.remove(same);
        } else {
          unwanted.add(line);
        }
      }
    }
    for (Line line : unwanted.reversed()) { // so that earlier places stay where they are
      int next = indexOfSubject(word, wanted, line);
      if (next >= 0) {
        List<String> words = wanted.remove(next);
        wantedLines.remove(next);
        replace(line.value(), value(words.subList(line.fixed(), words.size())));
      } else {
        remove(line.item());
      }
    }
    generated.addAll(wantedLines);
  }

  /** Returns the index of a wanted line that can replace another in its place, -1 if none can. */
  private static int indexOfSubject(FileWord word, List<List<String>> wanted, Line line) {
    for (int at = 0; at < wanted.size(); at++) {
      List<String> words = wanted.get(at);
      if (words.size() > line.fixed()
          && word.subject(words).equals(word.subject(line.words()))
          && words.subList(1, line.fixed()).equals(line.words().subList(1, line.fixed()))) {
        return at;
      }
    }
    return -1;
  }

  private void replace(Range range, String replacement) {
    text = text.substring(0, range.start()) + replacement + text.substring(range.end());
  }

  /** Removes a part; outside of brackets, with its line and a comment that follows in it. */
  private void remove(Range range) throws IOException {
    if (range.isFlow()) {
      throw new IOException(
          file + " can't be rewritten: a line must be removed from a list in brackets or braces");
    }
    int start = text.lastIndexOf('\n', range.start() - 1) + 1;
    int end = text.indexOf('\n', range.end());
    String before = text.substring(start, range.start());
    if (!before.isBlank() && !before.strip().equals("-")) {
      throw new IOException(file + " can't be rewritten: lists within lists share a line");
    }
    text = text.substring(0, start) + (end < 0 ? "" : text.substring(end + 1));
  }

  private static String value(List<String> words) {
    if (words.size() == 1) {
      return quoted(words.getFirst());
    }
    return "[" + String.join(", ", words.stream().map(YamlRewrite::quoted).toList()) + "]";
  }

  /** Returns a word as one argument: plain where that is safe. */
  private static String quoted(String word) {
    if (PLAIN.matcher(word).matches() && !NOTHING.matcher(word).matches()) {
      return word;
    }
    if (word.codePoints().noneMatch(Character::isISOControl)) {
      return "'" + word.replace("'", "''") + "'";
    }
    StringBuilder escaped = new StringBuilder("\"");
    word.codePoints()
        .forEach(c -> {
          if (c == '"' || c == '\\') {
            escaped.append('\\').appendCodePoint(c);
          } else if (Character.isISOControl(c)) {
            escaped.append(String.format(Locale.ROOT, "\\x%02x", c));
          } else {
            escaped.appendCodePoint(c);
          }
        });
    return escaped.append('"').toString();
  }
}
