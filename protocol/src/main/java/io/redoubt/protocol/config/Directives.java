package io.redoubt.protocol.config;

import io.redoubt.protocol.bytes.Glob;
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
 * All directives of a process, each a field of a subclass: reading the configuration at the start,
 * and CONFIG GET, SET and REWRITE.
 *
 * <p>Belongs to one thread, the process' loop.
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

  /** A set of directives that has none yet. */
  protected Directives() {}

  /** Has the following declarations stand under this title in the shipped file. */
  protected final void section(String title) {
    section = title;
  }

  /** Declares a directive of any type. */
  protected final <T, D extends Directive<T, D>> D add(D directive) {
    directive.section(section);
    all.add(directive);
    return directive;
  }

  /** Declares a whole number of 32 bits, not negative unless bounds are given. */
  protected final IntDirective integer(String name, int defaultValue) {
    return add(new IntDirective(name, defaultValue));
  }

  /** Declares a whole number of 64 bits, not negative unless bounds are given. */
  protected final LongDirective number(String name, long defaultValue) {
    return add(new LongDirective(name, defaultValue));
  }

  /** Declares a file mode. */
  protected final OctalDirective octal(String name, int defaultValue) {
    return add(new OctalDirective(name, defaultValue));
  }

  /** Declares a number of bytes. */
  protected final MemoryDirective memory(String name, long defaultBytes) {
    return add(new MemoryDirective(name, defaultBytes));
  }

  /** Declares a number of bytes or a percentage. */
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

  /** Declares a set of constants; {@code none} is the word for the empty one, the default. */
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

  /** Declares the output limits of the classes of clients. */
  protected final OutputLimitsDirective outputLimits(
      String name, Map<ClientClass, OutputLimit> defaultValue) {
    return add(new OutputLimitsDirective(name, defaultValue));
  }

  /** Declares a word that files have and CONFIG GET and SET don't know. */
  protected final FileWord fileWord(String name) {
    FileWord word = new FileWord(name);
    word.section(section);
    fileWords.add(word);
    return word;
  }

  /** Has lines that begin with this word, which meant something once, pass without consequence. */
  protected final void ignored(String... names) {
    ignored.addAll(List.of(names));
  }

  /** Has a line that begins with this word stop the start, for that reason. */
  protected final void refused(String name, String reason) {
    refused.put(name, reason);
  }

  /** Where relative paths of the configuration start, after the values given. */
  protected abstract Path baseDirectory(Values values);

  /**
   * Reads the start's configuration.
   *
   * @param file the config file, absolute, or null when there is none
   * @param standardInput what was read from standard input, following on the file's text
   * @param options lines made of the command line's options, following on that
   * @throws FatalConfigError when a line is wrong
   * @throws UnreadableConfigFile when the file or one that it includes can't be opened
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

  /** The file that the configuration was read from, absolute; null when there was none. */
  public final @Nullable Path configFile() {
    return configFile;
  }

  /** The lines of other versions that the start has passed over: to be told in the log. */
  public final List<String> passedOver() {
    return passedOver;
  }

  /** The names of directives that are set to something and have no effect yet. */
  public final List<String> withoutEffectYet() {
    return all.stream()
        .filter(d -> d.isWithoutEffectYet() && !d.current().equals(d.defaultValue()))
        .map(d -> d.name())
        .toList();
  }

  /** The directives in the order of their declaration. */
  public final List<Directive<?, ?>> all() {
    return Collections.unmodifiableList(all);
  }

  final List<FileWord> fileWords() {
    return fileWords;
  }

  /** The directive of this name or alias, in any case; null when there is none. */
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

  final @Nullable String whyRefused(String name) {
    return refused.get(name);
  }

  /** Every name and alias that a line may begin with. */
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
   * CONFIG GET.
   *
   * @param patterns names or glob patterns, in any case; a hidden directive has to be named
   * @return names, aliases among them, and values
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

  /** Whether CONFIG SET may change all of these while the data set is being loaded. */
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
   * CONFIG SET: all of it or nothing.
   *
   * @param namesAndValues names and values in turn
   * @param mayChangeGuarded whether this client may change what {@code enable-protected-configs}
   *     protects
   * @throws RefusedValue with the whole text of the error reply after its code {@code ERR}
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
        applied.forEach(Directives::applyAgain);
        throw refusal(change.getValue(), e.reason());
      }
    }
  }

  /** Takes back what a change did; what was possible before is taken to be possible still. */
  private static void applyAgain(Change change) {
    try {
      change.apply();
    } catch (RefusedValue e) {
      // The reply names the refusal that started this one.
    }
  }

  /** One name and value of a CONFIG SET. */
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

    /** Sets the value; returns whether it is another one. */
    boolean assign() throws RefusedValue {
      directive.set(directive.readText(text));
      return !directive.current().equals(before);
    }

    void undo() {
      directive.set(before);
    }
  }

  /**
   * CONFIG REWRITE: brings the config file to the present values by the least edit. Comments,
   * order, includes, owner and mode stay; nothing is written when nothing differs.
   *
   * @throws IOException when it can't be written; {@link
   *     io.redoubt.protocol.process.SystemErrors#text} has the words for the reply
   * @throws IllegalStateException when there is no config file
   */
  public final void rewrite() throws IOException {
    prepareRewrite().write();
  }

  /**
   * The first half of {@link #rewrite}: works out what is to be written, for another thread to
   * write it.
   *
   * @throws IOException when the file can't be read
   * @throws IllegalStateException when there is no config file
   */
  public final FileReplacement prepareRewrite() throws IOException {
    return new Rewrite(this, fileToRewrite(), false).prepare();
  }

  /** Like {@link #rewrite}, but leaves a line for every directive: to test that all can be read. */
  public final void rewriteEveryDirective() throws IOException {
    new Rewrite(this, fileToRewrite(), true).prepare().write();
  }

  private Path fileToRewrite() {
    if (configFile == null) {
      throw new IllegalStateException("The server is running without a config file");
    }
    return configFile;
  }

  /** The values of directives while a file is read, apart from those in force. */
  public static final class Values {
    private final Map<Directive<?, ?>, Object> values = new HashMap<>();

    /** The value of the directive so far: its default, when no line has set it. */
    @SuppressWarnings("unchecked") // put below has the same T for key and value
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
