package io.redoubt.protocol.config.directive;

import io.redoubt.protocol.config.Directives;
import java.util.ArrayList;
import java.util.List;

/**
 * A directive of a config file: its declaration and its value in this server.
 *
 * <p>Directives are declared as fields of a subclass of {@link Directives} and read through the
 * {@code value()} of their own class. Used by the process' event loop only.
 *
 * @param <T> the type of the value: immutable, with {@code equals}
 * @param <D> the directive's own class
 */
public abstract class Directive<T, D extends Directive<T, D>> {
  private final String name;
  private T defaultValue;
  private T value;
  private final List<String> aliases = new ArrayList<>();
  private final List<String> newerNames = new ArrayList<>();
  private final List<ValueCheck<T>> checks = new ArrayList<>();
  private final List<ValueCheck<T>> setChecks = new ArrayList<>();
  private final List<Change> changes = new ArrayList<>();
  private String section = "";
  private String doc = "";
  private String shipped = "";
  private String example = "";
  private boolean immutable;
  private boolean guarded;
  private boolean fixedWhileLoading;
  private boolean hidden;
  private boolean sensitive;
  private boolean namesContent;
  private boolean withoutEffect;
  private List<T> asItIs = List.of();

  /** Creates a directive with the default value and without any of the properties below. */
  protected Directive(String name, T defaultValue) {
    this.name = name;
    this.defaultValue = defaultValue;
    this.value = defaultValue;
  }

  /** Returns this directive as its own class, which {@code D} is for every subclass. */
  @SuppressWarnings("unchecked")
  private D self() {
    return (D) this;
  }

  /**
   * Parses the arguments of a line.
   *
   * @param words the arguments, without quotes
   * @param before the value of the preceding lines, or the default
   */
  protected abstract T parse(List<String> words, T before) throws RefusedValue;

  /** Parses the value of a CONFIG SET; {@code before} is the current value. */
  protected abstract T parseText(String text, T before) throws RefusedValue;

  /** Returns a value as CONFIG GET shows it. */
  public abstract String text(T of);

  /** Returns the arguments of the lines that set this value; none if no line may set it. */
  public abstract List<String> lines(T of);

  /** Returns true if a file expresses this value by having no line for the directive. */
  public boolean isOmitted(T of) {
    return false;
  }

  /** Returns the current value in its general form. */
  public final T current() {
    return value;
  }

  /** Returns the value without any configuration. */
  public final T defaultValue() {
    return defaultValue;
  }

  /** Sets the value internally, without checks and changes, even if immutable. */
  public final void set(T newValue) {
    value = newValue;
  }

  /** Adds an older name of the directive. */
  public final D alias(String alias) {
    aliases.add(alias);
    return self();
  }

  /** Adds a name used by later versions, which patterns of CONFIG GET do not match. */
  public final D newerName(String later) {
    newerNames.add(later);
    return self();
  }

  /** Overrides the declared default for a kind of process. */
  public final D defaultsTo(T other) {
    defaultValue = other;
    value = other;
    return self();
  }

  /** Sets the documentation for the shipped file, as sentences; they are wrapped there. */
  public final D doc(String sentences) {
    doc = sentences;
    return self();
  }

  /** Sets the arguments in the shipped file if they differ from the default. */
  public final D shipped(String arguments) {
    shipped = arguments;
    return self();
  }

  /** Sets the documentation, and arguments that the shipped file shows commented out. */
  public final D shown(String arguments, String sentences) {
    example = arguments;
    return doc(sentences);
  }

  /** Forbids changes by CONFIG SET. */
  public final D immutable() {
    immutable = true;
    return self();
  }

  /** Permits CONFIG SET only if {@code enable-protected-configs} does. */
  public final D guarded() {
    guarded = true;
    return self();
  }

  /** Forbids changes while the dataset is being loaded. */
  public final D fixedWhileLoading() {
    fixedWhileLoading = true;
    return self();
  }

  /** Hides the directive from patterns of CONFIG GET and from the shipped file; for tests. */
  public final D hidden() {
    hidden = true;
    return self();
  }

  /** Hides the value from logs. */
  public final D sensitive() {
    sensitive = true;
    return self();
  }

  /**
   * Marks the directive as the name of a file: CONFIG SET applies even an unchanged value, because
   * the content may have changed.
   */
  public final D namesContent() {
    namesContent = true;
    return self();
  }

  /**
   * Marks a directive that is parsed, stored and shown but has no effect, because it tunes a
   * mechanism that does not exist here. A start and CONFIG SET log a warning for values other than
   * the default.
   */
  public final D acceptedWithoutEffect() {
    withoutEffect = true;
    return self();
  }

  /**
   * Marks a directive like {@link #acceptedWithoutEffect}, with further values that cause no
   * warning because they request the behaviour that is the only one here.
   */
  public final D acceptedWithoutEffectExcept(List<T> happening) {
    asItIs = List.copyOf(happening);
    return acceptedWithoutEffect();
  }

  /** Adds a check of new values from files and CONFIG SET. */
  public final D check(ValueCheck<T> check) {
    checks.add(check);
    return self();
  }

  /** Adds a check of new values from CONFIG SET, which files need not pass. */
  public final D checkSet(ValueCheck<T> check) {
    setChecks.add(check);
    return self();
  }

  /** Refuses other values than the current one in CONFIG SET. */
  public final D fixedAtRunTime(String refusal) {
    return checkSet(wanted -> {
      if (!wanted.equals(value)) {
        throw new RefusedValue(refusal);
      }
    });
  }

  /** Adds a change to run after CONFIG SET of this directive. */
  public final D onChange(Change change) {
    changes.add(change);
    return self();
  }

  /** Adds a consumer of the new value to run after CONFIG SET of this directive. */
  public final D onChange(ValueCheck<T> taker) {
    return onChange(() -> taker.check(value));
  }

  /** Returns the name used for writing. */
  public final String name() {
    return name;
  }

  /** Returns the older names, in order of declaration. */
  public final List<String> aliases() {
    return List.copyOf(aliases);
  }

  /** Returns the names of later versions. */
  public final List<String> newerNames() {
    return newerNames;
  }

  /** Sets the title of its section in the shipped file. */
  public final void setSection(String title) {
    section = title;
  }

  /** Returns the title of its section in the shipped file. */
  public final String section() {
    return section;
  }

  /** Returns the documentation for the shipped file, or an empty text. */
  public final String doc() {
    return doc;
  }

  /**
   * Returns the arguments in the shipped file if they differ from the default, or an empty text.
   */
  public final String shipped() {
    return shipped;
  }

  /** Returns the arguments that the shipped file shows commented out, or an empty text. */
  public final String example() {
    return example;
  }

  /** Returns true if it can be set on start only. */
  public final boolean isImmutable() {
    return immutable;
  }

  /** Returns true if it cannot be changed while the dataset is being loaded. */
  public final boolean isFixedWhileLoading() {
    return fixedWhileLoading;
  }

  /** Returns true if CONFIG SET needs the permission of {@code enable-protected-configs}. */
  public final boolean isGuarded() {
    return guarded;
  }

  /** Returns true if it is for tests only. */
  public final boolean isHidden() {
    return hidden;
  }

  /** Returns true if its value must not appear in logs. */
  public final boolean isSensitive() {
    return sensitive;
  }

  /** Returns true if CONFIG SET of the current value has an effect. */
  public final boolean isContentNamed() {
    return namesContent;
  }

  /** Returns true if it is accepted for compatibility only. */
  public final boolean isWithoutEffect() {
    return withoutEffect;
  }

  /** Returns true if its value differs from the default and has no effect. */
  public final boolean isSetInVain() {
    return withoutEffect && !value.equals(defaultValue) && !asItIs.contains(value);
  }

  /** Returns the current value as CONFIG GET shows it. */
  public final String text() {
    return text(value);
  }

  /** Returns the changes to run after CONFIG SET, in order of declaration. */
  public final List<Change> changes() {
    return changes;
  }

  /** Parses and checks the arguments of a line; see {@link #parse}. */
  public final T read(List<String> words, T before) throws RefusedValue {
    return checked(parse(words, before));
  }

  /** Parses and checks the value of a CONFIG SET. */
  public final T readText(String text) throws RefusedValue {
    T parsed = checked(parseText(text, value));
    for (ValueCheck<T> check : setChecks) {
      check.check(parsed);
    }
    return parsed;
  }

  private T checked(T parsed) throws RefusedValue {
    for (ValueCheck<T> check : checks) {
      check.check(parsed);
    }
    return parsed;
  }
}
