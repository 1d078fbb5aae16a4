package io.redoubt.protocol.config;

import io.redoubt.protocol.config.directive.BindAddress;
import io.redoubt.protocol.config.directive.BindDirective;
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
import io.redoubt.protocol.config.directive.TextDirective;
import io.redoubt.protocol.config.directive.YesNoDirective;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A group of declared directives, each a public field of a subclass. A group becomes a part of the
 * configuration when {@link Directives} includes it.
 */
public abstract class DirectiveGroup {
  final List<Directive<?, ?>> declared = new ArrayList<>();
  final List<FileWord> fileWords = new ArrayList<>();
  final Set<String> ignored = new HashSet<>();
  final Map<String, String> refused = new HashMap<>();
  private String section = "";

  /** Creates an empty group. */
  protected DirectiveGroup() {}

  /** Sets the section title of the following declarations in the shipped file. */
  protected final void startSection(String title) {
    section = title;
  }

  /** Declares a directive of any type. */
  protected final <T, D extends Directive<T, D>> D add(D directive) {
    directive.setSection(section);
    declared.add(directive);
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

  protected final YesNoDirective yesNo(String name, boolean defaultValue) {
    return add(new YesNoDirective(name, defaultValue));
  }

  protected final TextDirective text(String name, String defaultValue) {
    return add(new TextDirective(name, defaultValue));
  }

  /** Declares {@code NAME-file}, the file that holds the value of the directive {@code NAME}. */
  protected final TextDirective fileOf(TextDirective secret) {
    return text(secret.name() + "-file", "").fileOf(secret);
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
    word.setSection(section);
    fileWords.add(word);
    return word;
  }

  /** Ignores lines with these names, which earlier versions used. */
  protected final void ignore(String... names) {
    ignored.addAll(List.of(names));
  }

  /** Refuses to start with lines of this name, for the given reason. */
  protected final void refuse(String name, String reason) {
    refused.put(name, reason);
  }

  /** Appends the declarations of another group. */
  protected final <G extends DirectiveGroup> G include(G group) {
    declared.addAll(group.declared);
    fileWords.addAll(group.fileWords);
    ignored.addAll(group.ignored);
    refused.putAll(group.refused);
    return group;
  }
}
