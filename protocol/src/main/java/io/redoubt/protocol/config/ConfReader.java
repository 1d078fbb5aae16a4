package io.redoubt.protocol.config;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.Words;
import io.redoubt.protocol.config.directive.YesNoDirective;
import io.redoubt.protocol.process.SmallFile;
import io.redoubt.protocol.process.SystemErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration line by line. A line is blank, a comment, or a name with arguments, all of
 * which may be quoted; {@code include} reads another file in its place. A YAML file is converted to
 * lines first, see {@link YamlText}.
 */
class ConfReader {
  private static final String BAD = "Bad directive or wrong number of arguments";
  private static final int MAX_INCLUDE_DEPTH = 16;
  private static final int LINES_BETWEEN_CHECKS = 1000;
  private static final Map<String, String> YAML_YES_AND_NO = Map.of("true", "yes", "false", "no");

  private final DirectiveTable directives;
  private final ReadValues values;
  private final SecretLines secrets;
  private final Map<Directive<?, ?>, Mistake> places = new HashMap<>();
  private final Set<String> passedOver = new LinkedHashSet<>();

  /** Receives all mistakes; null if the first one ends the reading. */
  private final @Nullable Consumer<Mistake> mistakes;

  /** The size of the files read so far, as files may include each other. */
  private long readBytes;

  private @Nullable Path current;
  private int depth;
  private int number;

  /** Creates a reader that stores values in {@code values} and stops at the first mistake. */
  ConfReader(DirectiveTable directives, ReadValues values) {
    this(directives, values, null);
  }

  /** Creates a reader that passes all mistakes on, and reads to the end. */
  ConfReader(DirectiveTable directives, ReadValues values, @Nullable Consumer<Mistake> mistakes) {
    this.directives = directives;
    this.values = values;
    this.mistakes = mistakes;
    secrets = new SecretLines(directives);
  }

  /**
   * Reads the file, standard input and options. All parts in Redis' format are read as one text.
   */
  void read(@Nullable Path file, byte[] standardInput, String options)
      throws FatalConfigError, UnreadableConfigFile {
    StringBuilder text = new StringBuilder();
    if (file != null && YamlText.isNameOf(file)) {
      readFile(file);
    } else if (file != null) {
      current = file;
      text.append(contents(file));
    }
    text.append(new String(standardInput, ISO_8859_1));
    if (!options.isEmpty()) {
      text.append('\n').append(Words.stored(options));
    }
    readLines(text.toString());
  }

  /** Returns the names of ignored directives, each once. */
  List<String> passedOver() {
    return List.copyOf(passedOver);
  }

  private String contents(Path file) throws UnreadableConfigFile {
    try {
      if (Files.isDirectory(file)) {
        return "";
      }
      String text = SmallFile.text(file, ISO_8859_1);
      readBytes += text.length();
      SmallFile.check("what it includes", readBytes);
      return text;
    } catch (IOException e) {
      throw new UnreadableConfigFile(file, e);
    }
  }

  private void readFile(Path file) throws FatalConfigError, UnreadableConfigFile {
    Path outer = current;
    int line = number;
    current = file;
    try {
      if (YamlText.isNameOf(file)) {
        readYaml(file);
      } else {
        readLines(contents(file));
      }
    } finally {
      current = outer;
      number = line;
    }
  }

  private void readYaml(Path file) throws FatalConfigError, UnreadableConfigFile {
    List<YamlText.Line> lines;
    try {
      lines = YamlText.lines(Words.readable(contents(file)), directives, System::getenv);
    } catch (YamlText.Malformed e) {
      refuse(e.row, e.column, "", String.valueOf(e.getMessage()));
      return;
    }
    for (YamlText.Line line : lines) {
      number = line.row();
      try {
        readYamlLine(line);
      } catch (RefusedValue e) {
        refuse(line.row(), line.column(), line.shown(), e.reason());
      }
    }
  }

  void readYamlLine(YamlText.Line line)
      throws RefusedValue, FatalConfigError, UnreadableConfigFile {
    String error = line.error();
    if (error != null) {
      throw new RefusedValue(error);
    }
    List<String> words = new ArrayList<>(line.words());
    if (words.size() == 2 && directives.find(words.getFirst()) instanceof YesNoDirective) {
      words.set(1, YAML_YES_AND_NO.getOrDefault(words.get(1), words.get(1)));
    }
    readWords(words, line.shown());
  }

  private void refuse(int row, int column, String line, String reason) throws FatalConfigError {
    String shown = secrets.cut(line);
    List<String> hints = new ArrayList<>(Diagnosis.of(shown, directives.names()));
    if (!shown.equals(line) && Diagnosis.trailingComment(line) > 0) {
      hints.add("Hint: a comment needs a line of its own; it was read as arguments");
    }
    String[] words = shown.split("\\s+", 3);
    Directive<?, ?> meant = directives.find(words[0]);
    FileWord fileWord = directives.findFileWord(Words.lower(words[0]));
    if (fileWord != null && words.length > 1) {
      hintFirstArgument(fileWord, words[1], hints);
    }
    if (meant != null && hints.isEmpty()) {
      hints.add("Hint: " + meant.name() + ": " + meant.doc());
    }
    Mistake mistake = new Mistake(current, row, column, shown, reason, hints);
    if (mistakes == null) {
      throw FatalConfigError.of(mistake);
    }
    mistakes.accept(mistake);
  }

  private static void hintFirstArgument(FileWord word, String argument, List<String> hints) {
    String given = Words.lower(argument);
    String nearest = Diagnosis.nearest(given, word.firstArguments());
    if (!nearest.isEmpty() && !nearest.equals(given)) {
      hints.add("Hint: did you mean '" + word.name() + " " + nearest + "'?");
    }
  }

  private void readLines(String text) throws FatalConfigError, UnreadableConfigFile {
    int at = 0;
    int start = 0;
    while (start <= text.length()) {
      int newline = text.indexOf('\n', start);
      int end = newline < 0 ? text.length() : newline;
      number = ++at;
      if (at % LINES_BETWEEN_CHECKS == 0) {
        requireRoom();
      }
      String trimmed = Words.trimmed(text.substring(start, end));
      start = end + 1;
      if (!isBlankOrComment(trimmed)) {
        try {
          readLine(trimmed);
        } catch (RefusedValue e) {
          refuse(at, 0, Words.readable(trimmed), e.reason());
        }
      }
    }
  }

  private void requireRoom() throws UnreadableConfigFile {
    try {
      SmallFile.requireRoom();
    } catch (IOException e) {
      throw new UnreadableConfigFile(current == null ? Path.of("-") : current, e);
    }
  }

  static boolean isBlankOrComment(String trimmed) {
    return trimmed.isEmpty() || trimmed.charAt(0) == '#';
  }

  /** Reads one line that is not a comment; CONFIG REWRITE evaluates single lines this way, too. */
  void readLine(String line) throws RefusedValue, FatalConfigError, UnreadableConfigFile {
    readWords(Words.of(line), Words.readable(line));
  }

  private void readWords(List<String> words, String shown)
      throws RefusedValue, FatalConfigError, UnreadableConfigFile {
    String name = Words.lower(words.getFirst());
    List<String> arguments = words.subList(1, words.size());
    Directive<?, ?> directive = directives.find(name);
    FileWord fileWord = directives.findFileWord(name);
    if (fileWord == null || !fileWord.takesAnyBytes()) {
      Words.checkTexts(words);
    }
    if (directive != null) {
      values.read(directive, arguments);
      places.put(directive, place(shown));
      if (directive instanceof TextDirective text && text.secret() != null) {
        readSecret(text, text.secret());
      }
    } else if (name.equals(DirectiveTable.INCLUDE) && arguments.size() == 1) {
      include(arguments.getFirst());
    } else if (fileWord != null && fileWord.takes(arguments.size())) {
      readFileWord(fileWord, arguments, shown);
    } else if (directives.isIgnored(name) && !arguments.isEmpty()) {
      passedOver.add(name);
    } else {
      String reason = directives.refusalReason(name);
      throw new RefusedValue(reason == null ? BAD : reason);
    }
  }

  void readFileWord(FileWord word, List<String> arguments, String shown) throws RefusedValue {
    word.read(arguments, place(shown));
  }

  private Mistake place(String shown) {
    return new Mistake(current, number, 0, secrets.cut(shown), "", List.of());
  }

  /** Returns the last line of each directive that has one. */
  Map<Directive<?, ?>, Mistake> places() {
    return places;
  }

  /** Sets a directive whose value is read from a separate file. */
  private void readSecret(TextDirective file, TextDirective secret) throws RefusedValue {
    if (values.of(file).isEmpty()) {
      return;
    }
    Path path = directives.baseDirectory(values).resolve(values.of(file));
    try {
      byte[] bytes = SmallFile.bytes(path);
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString().stripTrailing();
      if (text.isEmpty()) { // as after a secret that was not mounted or not written
        throw new RefusedValue("'" + path + "' is empty: it must hold the password");
      }
      values.read(secret, List.of(text));
    } catch (CharacterCodingException e) {
      throw new RefusedValue("'" + path + "' is not a text in UTF-8");
    } catch (IOException e) {
      throw new RefusedValue("can't read '" + path + "': " + SystemErrors.text(e));
    }
  }

  /** Reads a file, or all files that a pattern matches, possibly none. */
  private void include(String pattern) throws RefusedValue, FatalConfigError, UnreadableConfigFile {
    if (depth >= MAX_INCLUDE_DEPTH) {
      throw new RefusedValue("too many files include each other");
    }
    depth++;
    try {
      for (Path file : included(pattern)) {
        readFile(file);
      }
    } catch (UnreadableConfigFile e) {
      if (mistakes == null) {
        throw e;
      }
      throw new RefusedValue(e.reason());
    } finally {
      depth--;
    }
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
