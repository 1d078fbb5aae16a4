package io.redoubt.protocol.config;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.config.directive.BindDirective;
import io.redoubt.protocol.config.directive.Change;
import io.redoubt.protocol.config.directive.ChoiceDirective;
import io.redoubt.protocol.config.directive.ClientClass;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.DirectoryDirective;
import io.redoubt.protocol.config.directive.FlagsDirective;
import io.redoubt.protocol.config.directive.IntDirective;
import io.redoubt.protocol.config.directive.LongDirective;
import io.redoubt.protocol.config.directive.MemoryDirective;
import io.redoubt.protocol.config.directive.MemoryOrPercentDirective;
import io.redoubt.protocol.config.directive.OctalDirective;
import io.redoubt.protocol.config.directive.OutputLimit;
import io.redoubt.protocol.config.directive.OutputLimitsDirective;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.Words;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All directives of a process, each a field of a subclass: reads the configuration on start and
 * implements CONFIG GET, SET and REWRITE.
 *
 * <p>Used by the process' event loop only.
 */
public abstract class Directives {
  private static final String REFUSED =
      "CONFIG SET failed (possibly related to argument '%s') - %s";

  private final List<Directive<?, ?>> all = new ArrayList<>();
  private final List<FileWord> fileWords = new ArrayList<>();
  private final Set<String> ignored = new HashSet<>();
  private final Map<String, String> refused = new HashMap<>();
  private final Map<String, Directive<?, ?>> byName = new LinkedHashMap<>();
  private final Map<String, FileWord> fileWordsByName = new LinkedHashMap<>();
  private String section = "";
  private List<String> passedOver = List.of();
  private @Nullable Path configFile;

  /** Creates an empty set of directives. */
  protected Directives() {}

  /** Sets the section title of the following declarations in the shipped file. */
  protected final void section(String title) {
    section = title;
  }

  /** Declares a directive of any type. */
  protected final <T, D extends Directive<T, D>> D add(D directive) {
    directive.section(section);
    all.add(directive);
    return directive;
  }

  /** Declares a 32-bit integer, not negative unless bounds are given. */
  protected final IntDirective integer(String name, int defaultValue) {
    return add(new IntDirective(name, defaultValue));
  }

  /** Declares a 64-bit integer, not negative unless bounds are given. */
  protected final LongDirective number(String name, long defaultValue) {
    return add(new LongDirective(name, defaultValue));
  }

  /** Declares a file mode. */
  protected final OctalDirective octal(String name, int defaultValue) {
    return add(new OctalDirective(name, defaultValue));
  }

  /** Declares a size in bytes. */
  protected final MemoryDirective memory(String name, long defaultBytes) {
    return add(new MemoryDirective(name, defaultBytes));
  }

  /** Declares a size in bytes or a percentage. */
  protected final MemoryOrPercentDirective memoryOrPercent(String name, long defaultBytes) {
    return add(new MemoryOrPercentDirective(name, defaultBytes));
  }

  /** Declares a yes or no. */
  protected final YesNoDirective yesNo(String name, boolean defaultValue) {
    return add(new YesNoDirective(name, defaultValue));
  }

  /** Declares a text. */
  protected final TextDirective text(String name, String defaultValue) {
    return add(new TextDirective(name, defaultValue));
  }

  /** Declares a choice among the constants of the default's type. */
  protected final <E extends Enum<E>> ChoiceDirective<E> choice(String name, E defaultValue) {
    return add(new ChoiceDirective<>(name, defaultValue));
  }

  /** Declares a set of constants; {@code none} is the word for the empty set, the default. */
  protected final <E extends Enum<E>> FlagsDirective<E> flags(
      String name, Class<E> type, String none) {
    return add(new FlagsDirective<>(name, type, none));
  }

  /** Declares a list of addresses to listen on. */
  protected final BindDirective bindAddresses(String name, List<BindAddress> defaultValue) {
    return add(new BindDirective(name, defaultValue));
  }

  /** Declares a directory. */
  protected final DirectoryDirective directory(String name, Path defaultValue) {
    return add(new DirectoryDirective(name, defaultValue));
  }

  /** Declares the output limits of the client classes. */
  protected final OutputLimitsDirective outputLimits(
      String name, Map<ClientClass, OutputLimit> defaultValue) {
    return add(new OutputLimitsDirective(name, defaultValue));
  }

  /** Declares lines with a name that is not a directive of CONFIG GET and SET. */
  protected final FileWord fileWord(String name) {
    FileWord word = new FileWord(name);
    word.section(section);
    fileWords.add(word);
    return word;
  }

  /** Ignores lines with these names, which earlier versions used. */
  protected final void ignored(String... names) {
    ignored.addAll(List.of(names));
  }

  /** Refuses to start with lines of this name, for the given reason. */
  protected final void refused(String name, String reason) {
    refused.put(name, reason);
  }

  /** Returns the directory of relative paths in the configuration with the given values. */
  protected abstract Path baseDirectory(Values values);

  /**
   * Reads the configuration on start.
   *
   * @param file the config file, absolute, or null if there is none
   * @param standardInput the text from standard input, appended to that of the file
   * @param options lines made of the command line options, appended last
   * @throws FatalConfigError if a line is invalid
   * @throws UnreadableConfigFile if the file or an included one cannot be opened
   */
  public final void load(@Nullable Path file, byte[] standardInput, String options)
      throws FatalConfigError, UnreadableConfigFile {
    Values values = new Values();
    ConfReader reader = new ConfReader(this, values);
    reader.read(file, standardInput, options);
    values.set();
    passedOver = List.copyOf(reader.passedOver());
    configFile = file;
  }

  /** Returns the file that the configuration was read from, absolute; null if there was none. */
  public final @Nullable Path configFile() {
    return configFile;
  }

  /** Returns the ignored lines of other versions, for the log. */
  public final List<String> passedOver() {
    return passedOver;
  }

  /** Returns the names of directives that are set but not implemented yet. */
  public final List<String> withoutEffectYet() {
    return all.stream()
        .filter(d -> d.isWithoutEffectYet() && !d.current().equals(d.defaultValue()))
        .map(d -> d.name())
        .toList();
  }

  /** Returns the directives in the order of their declaration. */
  public final List<Directive<?, ?>> all() {
    return Collections.unmodifiableList(all);
  }

  final List<FileWord> fileWords() {
    return fileWords;
  }

  /** Returns the directive of this name or alias, in any case; null if there is none. */
  public final @Nullable Directive<?, ?> find(String name) {
    return index().get(Words.lower(name));
  }

  final @Nullable FileWord findFileWord(String name) {
    index();
    return fileWordsByName.get(name);
  }

  final boolean isIgnored(String name) {
    return ignored.contains(name);
  }

  final @Nullable String refusalReason(String name) {
    return refused.get(name);
  }

  /** Returns all names and aliases that a line may start with. */
  final Set<String> names() {
    Set<String> names = new LinkedHashSet<>(index().keySet());
    names.addAll(fileWordsByName.keySet());
    names.add(ConfReader.INCLUDE);
    return names;
  }

  private Map<String, Directive<?, ?>> index() {
    if (byName.isEmpty()) {
      for (Directive<?, ?> directive : all) {
        addToIndex(directive.name(), directive);
        directive.aliases().forEach(alias -> addToIndex(alias, directive));
        directive.newerNames().forEach(later -> addToIndex(later, directive));
      }
      fileWords.forEach(word -> fileWordsByName.put(word.name(), word));
    }
    return byName;
  }

  private void addToIndex(String name, Directive<?, ?> directive) {
    if (byName.put(name, directive) != null) {
      throw new IllegalStateException("two directives are called " + name);
    }
  }

  /**
   * Implements CONFIG GET.
   *
   * @param patterns names or glob patterns, in any case; hidden directives match by name only
   * @return names, including aliases, and values
   */
  public final Map<String, String> get(List<String> patterns) {
    Map<String, String> found = new LinkedHashMap<>();
    for (String pattern : patterns) {
      Directive<?, ?> named = find(pattern);
      if (named != null) {
        found.put(Words.lower(pattern), named.text());
      } else if (pattern.chars().anyMatch(c -> "[*?".indexOf(c) >= 0)) {
        index()
            .forEach((name, directive) -> {
              boolean listed = !directive.isHidden() && !directive.newerNames().contains(name);
              if (listed && Glob.matches(pattern, name, true)) {
                found.put(name, directive.text());
              }
            });
      }
    }
    return found;
  }

  /** Returns true if CONFIG SET may change all of these while the dataset is being loaded. */
  public final boolean maySetWhileLoading(List<String> namesAndValues) {
    for (int at = 0; at < namesAndValues.size(); at += 2) {
      Directive<?, ?> directive = find(namesAndValues.get(at));
      if (directive != null && directive.isFixedWhileLoading()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Implements CONFIG SET: applies all values or none.
   *
   * @param namesAndValues alternating names and values
   * @param mayChangeGuarded true if this client may change the directives that {@code
   *     enable-protected-configs} protects
   * @throws RefusedValue with the complete error reply after its code {@code ERR}
   */
  public final void set(List<String> namesAndValues, boolean mayChangeGuarded) throws RefusedValue {
    List<Assignment<?>> assignments = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int at = 0; at < namesAndValues.size(); at += 2) {
      String name = namesAndValues.get(at);
      Directive<?, ?> directive = find(name);
      if (directive == null) {
        throw new RefusedValue(
            "Unknown option or number of arguments for CONFIG SET - '" + name + "'");
      }
      if (directive.isImmutable()) {
        throw refusal(name, "can't set immutable config");
      }
      if (directive.isGuarded() && !mayChangeGuarded) {
        throw refusal(name, "can't set protected config");
      }
      if (!names.add(Words.lower(name))) {
        throw refusal(name, "duplicate parameter");
      }
      assignments.add(new Assignment<>(name, directive, namesAndValues.get(at + 1)));
    }
    run(assignments);
  }

  private static RefusedValue refusal(String name, String reason) {
    return new RefusedValue(REFUSED.formatted(name, reason));
  }

  private static void run(List<Assignment<?>> assignments) throws RefusedValue {
    Map<Change, String> changes = new LinkedHashMap<>();
    for (Assignment<?> assignment : assignments) {
      try {
        if (assignment.assign()) {
          assignment.directive.changes().forEach(c -> changes.putIfAbsent(c, assignment.name));
        }
      } catch (RefusedValue e) {
        assignments.reversed().forEach(Assignment::undo);
        throw refusal(assignment.name, e.reason());
      }
    }
    List<Change> applied = new ArrayList<>();
    for (Map.Entry<Change, String> change : changes.entrySet()) {
      applied.add(change.getKey());
      try {
        change.getKey().apply();
      } catch (RefusedValue e) {
        assignments.reversed().forEach(Assignment::undo);
        applied.forEach(Directives::reapply);
        throw refusal(change.getValue(), e.reason());
      }
    }
  }

  /** Undoes a change by applying the previous values, which are assumed to be still valid. */
  private static void reapply(Change change) {
    try {
      change.apply();
    } catch (RefusedValue e) {
      // The reply reports the original refusal.
    }
  }

  /** A name and a value of a CONFIG SET. */
  private static final class Assignment<T> {
    final String name;
    final Directive<T, ?> directive;
    private final String text;
    private final T before;

    Assignment(String name, Directive<T, ?> directive, String text) {
      this.name = name;
      this.directive = directive;
      this.text = text;
      this.before = directive.current();
    }

    /** Sets the value; returns true if it has changed. */
    boolean assign() throws RefusedValue {
      directive.set(directive.readText(text));
      return !directive.current().equals(before);
    }

    void undo() {
      directive.set(before);
    }
  }

  /**
   * Implements CONFIG REWRITE: adapts the config file to the current values with minimal edits.
   * Comments, order, includes, owner and mode are kept; nothing is written if nothing differs.
   *
   * @throws IOException if the file cannot be written; {@link
   *     io.redoubt.protocol.process.SystemErrors#text} returns the text for the reply
   * @throws IllegalStateException if there is no config file
   */
  public final void rewrite() throws IOException {
    prepareRewrite().write();
  }

  /**
   * Prepares a {@link #rewrite} by computing the new content, which another thread may write.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalStateException if there is no config file
   */
  public final FileReplacement prepareRewrite() throws IOException {
    return new Rewrite(this, fileToRewrite(), false).prepare();
  }

  /** Rewrites with a line for every directive; a test reads them back. */
  public final void rewriteEveryDirective() throws IOException {
    new Rewrite(this, fileToRewrite(), true).prepare().write();
  }

  private Path fileToRewrite() {
    if (configFile == null) {
      throw new IllegalStateException("The server is running without a config file");
    }
    return configFile;
  }

  /** The values of directives while a file is read, separate from the values in force. */
  public static final class Values {
    private final Map<Directive<?, ?>, Object> values = new HashMap<>();

    /** Returns the value so far: the default if no line has set it. */
    @SuppressWarnings("unchecked") // entries are put with the same T for key and value
    public <T> T of(Directive<T, ?> directive) {
      Object value = values.get(directive);
      return value == null ? directive.defaultValue() : (T) value;
    }

    <T> void read(Directive<T, ?> directive, List<String> words) throws RefusedValue {
      values.put(directive, directive.read(words, of(directive)));
    }

    <T> boolean isCurrent(Directive<T, ?> directive) {
      return of(directive).equals(directive.current());
    }

    private void set() {
      values.keySet().forEach(this::set);
    }

    private <T> void set(Directive<T, ?> directive) {
      directive.set(of(directive));
    }
  }
}
