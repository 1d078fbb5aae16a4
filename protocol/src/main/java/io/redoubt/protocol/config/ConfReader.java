package io.redoubt.protocol.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.Words;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration line by line. A line is blank, a comment, or a name with arguments, all of
 * which may be quoted; {@code include} reads another file in its place.
 */
class ConfReader {
  static final String INCLUDE = "include";
  private static final String BAD = "Bad directive or wrong number of arguments";
  private static final int MAX_INCLUDE_DEPTH = 16;

  private final Directives directives;
  private final Directives.Values values;
  private final List<String> passedOver = new ArrayList<>();
  private int depth;
  private int number;

  /** Creates a reader that stores values in {@code values}. */
  ConfReader(Directives directives, Directives.Values values) {
    this.directives = directives;
    this.values = values;
  }

  /** Reads the file, standard input and options as one concatenated text. */
  void read(@Nullable Path file, byte[] standardInput, String options)
      throws FatalConfigError, UnreadableConfigFile {
    StringBuilder text = new StringBuilder();
    if (file != null) {
      text.append(contents(file));
    }
    text.append(new String(standardInput, ISO_8859_1));
    if (!options.isEmpty()) {
      text.append('\n').append(Words.stored(options));
    }
    readLines(text.toString());
  }

  /** Returns the lines of directives of other versions, which were ignored. */
  List<String> passedOver() {
    return passedOver;
  }

  private static String contents(Path file) throws UnreadableConfigFile {
    try {
      return Files.isDirectory(file) ? "" : Files.readString(file, ISO_8859_1);
    } catch (IOException e) {
      throw new UnreadableConfigFile(file, e);
    }
  }

  private void readLines(String text) throws FatalConfigError, UnreadableConfigFile {
    int at = 0;
    for (String line : text.split("\n", -1)) {
      number = ++at;
      String trimmed = Words.trimmed(line);
      if (!isBlankOrComment(trimmed)) {
        try {
          readLine(trimmed);
        } catch (RefusedValue e) {
          String shown = Words.readable(trimmed);
          throw FatalConfigError.atLine(
              at, shown, e.reason(), Diagnosis.of(shown, directives.names()));
        }
      }
    }
  }

  static boolean isBlankOrComment(String trimmed) {
    return trimmed.isEmpty() || trimmed.charAt(0) == '#';
  }

  /** Reads one line that is not a comment; CONFIG REWRITE evaluates single lines this way, too. */
  void readLine(String line) throws RefusedValue, FatalConfigError, UnreadableConfigFile {
    List<String> words = Words.of(line);
    String name = Words.lower(words.getFirst());
    List<String> arguments = words.subList(1, words.size());
    Directive<?, ?> directive = directives.find(name);
    FileWord fileWord = directives.findFileWord(name);
    if (fileWord == null || !fileWord.takesAnyBytes()) {
      Words.checkTexts(words);
    }
    if (directive != null) {
      values.read(directive, arguments);
    } else if (name.equals(INCLUDE) && arguments.size() == 1) {
      include(arguments.getFirst());
    } else if (fileWord != null && fileWord.takes(arguments.size())) {
      readFileWord(fileWord, arguments, line);
    } else if (directives.isIgnored(name) && !arguments.isEmpty()) {
      passedOver.add(Words.readable(line));
    } else {
      String reason = directives.refusalReason(name);
      throw new RefusedValue(reason == null ? BAD : reason);
    }
  }

  void readFileWord(FileWord word, List<String> arguments, String line) throws RefusedValue {
    word.read(arguments, number, Words.readable(line));
  }

  /** Reads a file, or all files that a pattern matches, possibly none. */
  private void include(String pattern) throws RefusedValue, FatalConfigError, UnreadableConfigFile {
    if (++depth > MAX_INCLUDE_DEPTH) {
      throw new RefusedValue("too many files include each other");
    }
    for (Path file : included(pattern)) {
      readLines(contents(file));
    }
    depth--;
  }

  private List<Path> included(String pattern) throws UnreadableConfigFile {
    Path path = directives.baseDirectory(values).resolve(pattern);
    if (pattern.chars().noneMatch(c -> "*?[".indexOf(c) >= 0)) {
      return List.of(path);
    }
    List<Path> found = new ArrayList<>();
    collect(path.getRoot(), path.normalize(), 0, found);
    return found;
  }

  /**
   * Adds the files below {@code directory} that match the names of {@code pattern} from {@code
   * level} on.
   */
  private static void collect(@Nullable Path directory, Path pattern, int level, List<Path> found)
      throws UnreadableConfigFile {
    if (directory == null || !Files.isDirectory(directory)) {
      return;
    }
    Path name = pattern.getName(level);
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + name);
    List<Path> matches;
    try (Stream<Path> entries = Files.list(directory)) {
      matches = entries.filter(e -> matches(matcher, name, e.getFileName())).sorted().toList();
    } catch (IOException e) {
      throw new UnreadableConfigFile(directory, e);
    }
    for (Path match : matches) {
      if (level + 1 == pattern.getNameCount()) {
        found.add(match);
      } else {
        collect(match, pattern, level + 1, found);
      }
    }
  }

  /** Matches like a shell: a pattern matches hidden files only if it starts with a dot itself. */
  private static boolean matches(PathMatcher matcher, Path pattern, Path name) {
    return matcher.matches(name)
        && (!name.toString().startsWith(".") || pattern.toString().startsWith("."));
  }
}
