package io.redoubt.protocol.config;

import java.util.ArrayList;
import java.util.List;

/**
 * One directive of a config file: its declaration and its value in this server.
 *
 * <p>Directives are declared as fields of a subclass of {@link Directives}, and are read through
 * the {@code value()} of their own class. They belong to one thread, the process' loop.
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
  private boolean withoutEffect;
  private boolean withoutEffectYet;

  /** A directive that has the default value and none of the properties below. */
  protected Directive(String name, T defaultValue) {
    this.name = name;
    this.defaultValue = defaultValue;
    this.value = defaultValue;
  }

  /** This directive, as its own class. */
  protected abstract D self();

  /**
   * The value that a line of a file gives.
   *
   * @param words what stands after the name, without quotes
   * @param before the value that the lines before gave: the default, when there were none
   */
  protected abstract T parse(List<String> words, T before) throws RefusedValue;

  /** The value that CONFIG SET gives with {@code text}; {@code before} is the present one. */
  protected abstract T parseText(String text, T before) throws RefusedValue;

  /** The value as CONFIG GET shows it. */
  public abstract String text(T of);

  /** What stands after the name in the lines, one or more, that give this value. */
  protected abstract List<String> lines(T of);

  /** Whether a file says this value best by having no line for the directive at all. */
  protected boolean isBestLeftOut(T of) {
    return false;
  }

  /** The value of this moment, in its general form. */
  public final T current() {
    return value;
  }

  /** The value without any configuration. */
  public final T defaultValue() {
    return defaultValue;
  }

  /** Sets the value on the process' own account: without checks, hooks or regard to mutability. */
  public final void set(T newValue) {
    value = newValue;
  }

  /** Adds an older name that means the same. */
  public final D alias(String alias) {
    aliases.add(alias);
    return self();
  }

  /** Adds a name that later versions have: taken, but not found by the patterns of CONFIG GET. */
  public final D newerName(String later) {
    newerNames.add(later);
    return self();
  }

  /** Gives a kind of process another default than the one declared. */
  public final D defaultsTo(T other) {
    defaultValue = other;
    value = other;
    return self();
  }

  /** What the directive does: sentences for the shipped file, wrapped there. */
  public final D doc(String sentences) {
    doc = sentences;
    return self();
  }

  /** The arguments that the shipped file has, where they aren't the default's. */
  public final D shipped(String arguments) {
    shipped = arguments;
    return self();
  }

  /** Like {@link #doc}, with arguments that the shipped file shows in a comment. */
  public final D shown(String arguments, String sentences) {
    example = arguments;
    return doc(sentences);
  }

  /** Can't be changed by CONFIG SET. */
  public final D immutable() {
    immutable = true;
    return self();
  }

  /** Can be changed by CONFIG SET only where {@code enable-protected-configs} allows it. */
  public final D guarded() {
    guarded = true;
    return self();
  }

  /** Can't be changed while the data set is being loaded. */
  public final D fixedWhileLoading() {
    fixedWhileLoading = true;
    return self();
  }

  /** Left out of CONFIG GET's patterns and of the shipped file: for tests. */
  public final D hidden() {
    hidden = true;
    return self();
  }

  /** Must not show in logs. */
  public final D sensitive() {
    sensitive = true;
    return self();
  }

  /** Read, checked, kept and shown, but of no consequence: what it tunes does not exist here. */
  public final D acceptedWithoutEffect() {
    withoutEffect = true;
    return self();
  }

  /**
   * Read, checked, kept and shown, but what it tunes is still to be made: a start tells so when it
   * is set to something.
   */
  public final D withoutEffectYet() {
    withoutEffectYet = true;
    return self();
  }

  /** Adds a check that every new value from a file or CONFIG SET has to pass. */
  public final D check(ValueCheck<T> check) {
    checks.add(check);
    return self();
  }

  /** Has {@code change} run when CONFIG SET has changed this directive. */
  public final D onChange(Change change) {
    changes.add(change);
    return self();
  }

  /** Has the new value handed to {@code taker} when CONFIG SET has changed this directive. */
  public final D onChange(ValueCheck<T> taker) {
    return onChange(() -> taker.look(value));
  }

  /** The name that is written. */
  public final String name() {
    return name;
  }

  /** The older names, in the order of their declaration. */
  public final List<String> aliases() {
    return List.copyOf(aliases);
  }

  final List<String> newerNames() {
    return newerNames;
  }

  final void section(String title) {
    section = title;
  }

  /** The part of the shipped file that it stands in. */
  public final String section() {
    return section;
  }

  final String doc() {
    return doc;
  }

  final String shipped() {
    return shipped;
  }

  final String example() {
    return example;
  }

  /** Whether only a start can set it. */
  public final boolean isImmutable() {
    return immutable;
  }

  final boolean isFixedWhileLoading() {
    return fixedWhileLoading;
  }

  final boolean isGuarded() {
    return guarded;
  }

  /** Whether it is for tests only. */
  public final boolean isHidden() {
    return hidden;
  }

  /** Whether its value must not show in logs. */
  public final boolean isSensitive() {
    return sensitive;
  }

  /** Whether it is accepted for the sake of existing files only. */
  public final boolean isWithoutEffect() {
    return withoutEffect;
  }

  /** Whether what it tunes is still to be made. */
  public final boolean isWithoutEffectYet() {
    return withoutEffectYet;
  }

  /** The present value as CONFIG GET shows it. */
  public final String text() {
    return text(value);
  }

  final List<Change> changes() {
    return changes;
  }

  final T read(List<String> words, T before) throws RefusedValue {
    return checked(parse(words, before));
  }

  final T readText(String text) throws RefusedValue {
    return checked(parseText(text, value));
  }

  private T checked(T parsed) throws RefusedValue {
    for (ValueCheck<T> check : checks) {
      check.look(parsed);
    }
    return parsed;
  }
}
