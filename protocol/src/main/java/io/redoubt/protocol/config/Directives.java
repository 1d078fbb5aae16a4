package io.redoubt.protocol.config;

import io.redoubt.protocol.bytes.Glob;
import io.redoubt.protocol.config.directive.Change;
import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.RefusedValue;
import io.redoubt.protocol.config.directive.Words;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All directives of a process, in groups: reads the configuration on start and implements CONFIG
 * GET, SET and REWRITE.
 *
 * <p>Used by the process' event loop only.
 */
public abstract class Directives extends DirectiveTable {
  private static final String REFUSED =
      "CONFIG SET failed (possibly related to argument '%s') - %s";

  private List<String> passedOver = List.of();
  private Map<Directive<?, ?>, Mistake> places = Map.of();
  private @Nullable Path configFile;

  /** Returns the kinds of listeners, by Redis' names; empty if there are none. */
  public final List<String> listeners() {
    List<String> kinds = new ArrayList<>();
    if (common.port.value() != 0) {
      kinds.add("tcp");
    }
    if (!common.unixsocket.value().isEmpty()) {
      kinds.add("unix");
    }
    if (tls.tlsPort.value() != 0) {
      kinds.add("tls");
    }
    return kinds;
  }

  /**
   * Reads the configuration on start.
   *
   * @param file the config file, absolute, or null if there is none
   * @param standardInput the text from standard input, appended to the file's
   * @param options the command line options as lines, appended last
   * @throws FatalConfigError if a line is invalid
   * @throws UnreadableConfigFile if the file or an included one cannot be opened
   */
  public final void load(@Nullable Path file, byte[] standardInput, String options)
      throws FatalConfigError, UnreadableConfigFile {
    ReadValues values = new ReadValues();
    ConfReader reader = new ConfReader(this, values);
    reader.read(file, standardInput, options);
    values.set();
    passedOver = reader.passedOver();
    places = reader.places();
    configFile = file;
  }

  /** Returns the error that refuses the value of a directive, with its line if it has one. */
  public final FatalConfigError error(Directive<?, ?> directive, String reason) {
    Mistake place = places.get(directive);
    return place == null
        ? FatalConfigError.ofWhole(reason)
        : FatalConfigError.of(place.because(reason));
  }

  /**
   * Reads a configuration like {@link #load}, but to its end; lines with mistakes have no effect.
   *
   * @return all mistakes, in the order of reading
   */
  public final List<Mistake> mistakes(@Nullable Path file, byte[] standardInput, String options)
      throws FatalConfigError, UnreadableConfigFile {
    List<Mistake> mistakes = new ArrayList<>();
    ReadValues values = new ReadValues();
    ConfReader reader = new ConfReader(this, values, mistakes::add);
    reader.read(file, standardInput, options);
    values.set();
    places = reader.places();
    configFile = file;
    return mistakes;
  }

  /** Returns the file that the configuration was read from, absolute; null if there was none. */
  public final @Nullable Path configFile() {
    return configFile;
  }

  /** Returns the names of ignored directives, for the log: their values may be secrets. */
  public final List<String> passedOver() {
    return passedOver;
  }

  /** Returns the names of directives that are set but have no effect. */
  public final List<String> setInVain() {
    return declared.stream().filter(d -> d.isSetInVain()).map(d -> d.name()).toList();
  }

  /**
   * Implements CONFIG GET.
   *
   * @param patterns names or glob patterns, in any case; hidden directives match by name only
   * @return names, including aliases, as they were asked for, and values
   */
  public final Map<String, String> get(List<String> patterns) {
    Map<String, String> found = new LinkedHashMap<>();
    Set<String> listed = new HashSet<>();
    for (String pattern : patterns) {
      Directive<?, ?> named = find(pattern);
      if (named != null) {
        if (listed.add(Words.lower(pattern))) {
          found.put(pattern, named.text());
        }
      } else if (pattern.chars().anyMatch(c -> "[*?".indexOf(c) >= 0)) {
        index()
            .forEach((name, directive) -> {
              boolean shown = !directive.isHidden() && !directive.newerNames().contains(name);
              if (shown && Glob.matches(pattern, name, true) && listed.add(name)) {
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
    return new RefusedValue(String.format(Locale.ROOT, REFUSED, name, reason));
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

    /** Sets the value; returns true if it must be applied. */
    boolean assign() throws RefusedValue {
      Words.checkTexts(List.of(text));
      directive.set(directive.readText(text));
      return directive.isContentNamed() || !directive.current().equals(before);
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
    return rewrite(false);
  }

  /** Rewrites with a line for every directive; a test reads them back. */
  public final void rewriteEveryDirective() throws IOException {
    rewrite(true).write();
  }

  private FileReplacement rewrite(boolean complete) throws IOException {
    Path file = fileToRewrite();
    return YamlText.isNameOf(file)
        ? new YamlRewrite(this, file, complete).prepare()
        : new Rewrite(this, file, complete).prepare();
  }

  private Path fileToRewrite() {
    if (configFile == null) {
      throw new IllegalStateException("The server is running without a config file");
    }
    return configFile;
  }
}
