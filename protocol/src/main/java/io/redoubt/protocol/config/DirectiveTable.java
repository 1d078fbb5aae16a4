package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.Directive;
import io.redoubt.protocol.config.directive.Words;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The directives of a process by name, in groups, with the other lines that its file may have. */
public abstract class DirectiveTable extends DirectiveGroup {
  /** The word of a line that names a further file. */
  static final String INCLUDE = "include";

  /** The directives for network, log and clients. */
  public final CommonDirectives common = new CommonDirectives();

  public final TlsDirectives tls = new TlsDirectives();

  /** The directives for metrics over HTTP. */
  public final MetricsDirectives metrics = new MetricsDirectives();

  private final Map<String, Directive<?, ?>> byName = new LinkedHashMap<>();
  private final Map<String, FileWord> fileWordsByName = new LinkedHashMap<>();

  /** Creates the directives that all programs share, with their defaults. */
  protected DirectiveTable() {
    for (DirectiveGroup group : List.of(common, tls, metrics)) {
      declared.addAll(group.declared);
      fileWords.addAll(group.fileWords);
    }
  }

  /** Returns the directory of relative paths in the configuration with the given values. */
  final Path baseDirectory(ReadValues values) {
    return values.of(common.dir);
  }

  /** Resolves a path of the configuration; relative paths start at {@code dir}. */
  public final Path path(String name) {
    return common.dir.value().resolve(name).normalize();
  }

  /** Returns the directives in the order of their declaration. */
  public final List<Directive<?, ?>> all() {
    return Collections.unmodifiableList(declared);
  }

  /** Returns the lines of the file that are not directives. */
  public final List<FileWord> fileWords() {
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
    names.add(INCLUDE);
    return names;
  }

  /** Returns the directives by name and alias. */
  final Map<String, Directive<?, ?>> index() {
    if (byName.isEmpty()) {
      for (Directive<?, ?> directive : declared) {
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
}
