package io.redoubt.protocol.command;

import io.redoubt.protocol.command.usage.Argument;
import io.redoubt.protocol.resp.Request;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A declared command with its statistics. Declarations are fields of a {@link CommandGroup}
 * instance and thus created once per server, so that several servers in one process count
 * separately. Used by the server's event loop only.
 *
 * @param <C> the invocation that the handler takes
 */
public final class Command<C> {
  /**
   * The properties of a command other than its shape.
   *
   * @param flags see {@link Flag#bit()}
   * @param categories see {@link Category#bit()}
   * @param databases the databases that a request works on
   * @param secrets finds the arguments that are secret, or null if none are
   */
  record Properties(
      long flags, int categories, DatabaseSpec databases, @Nullable SecretArguments secrets) {}

  private final String name;
  private final long flags;
  private final int categories;
  private final DatabaseSpec databases;
  private final @Nullable SecretArguments secrets;
  private final Syntax syntax;
  private final @Nullable ChannelSpec channels;
  private final CommandDocs docs;
  private final @Nullable Handler<? super C> handler;
  private final @Nullable NameIndex<Command<C>> subcommands;
  private @Nullable Command<C> container;
  private Syntax.@Nullable Derived derived;
  private int id = -1;

  private long calls;
  private long nanoseconds;
  private @Nullable DurationHistogram durations;
  private boolean tracksDurations = true;
  private long rejectedCalls;
  private long failedCalls;

  Command(
      String name,
      Properties properties,
      Syntax syntax,
      @Nullable ChannelSpec channels,
      CommandDocs docs,
      @Nullable Handler<? super C> handler,
      boolean isContainer) {
    this.name = name;
    this.flags = properties.flags();
    this.categories = properties.categories();
    this.databases = properties.databases();
    this.secrets = properties.secrets();
    this.syntax = syntax;
    this.channels = channels;
    this.docs = docs;
    this.handler = handler;
    this.subcommands = isContainer ? new NameIndex<>() : null;
  }

  /** Returns the full name in lower case; {@code container|subcommand} for a subcommand. */
  public String name() {
    return name;
  }

  /** Returns the last part of the name: {@code id} of {@code client|id}. */
  public String shortName() {
    return name.substring(name.indexOf('|') + 1);
  }

  /** Returns the number of arguments including the name; if negative, the minimum number. */
  public int arity() {
    return derived().arity();
  }

  private Syntax.Derived derived() {
    Syntax.Derived known = derived;
    return known == null ? derive() : known;
  }

  /** Derives arity, keys and arguments; of two threads that do, either result serves. */
  Syntax.Derived derive() {
    Syntax.Derived known = syntax.derive();
    derived = known;
    return known;
  }

  /** Returns true if a request may have that many arguments. */
  public boolean accepts(int words) {
    int arity = arity();
    return arity >= 0 ? words == arity : words >= -arity;
  }

  /** Returns the flags as bits, see {@link Flag#bit()}. */
  public long flags() {
    return flags;
  }

  /** Returns true if the command has the flag; {@link Flag#MOVABLEKEYS} is one of the key specs. */
  public boolean has(Flag flag) {
    return (flags & flag.bit()) != 0;
  }

  /** Returns the ACL categories as bits, see {@link Category#bit()}. */
  public int categories() {
    return categories;
  }

  public boolean isIn(Category category) {
    return (categories & category.bit()) != 0;
  }

  /** Returns true if argument {@code i} of the request is secret: logs show a mask instead. */
  public boolean isSecret(Request request, int i) {
    return secrets != null && secrets.isSecret(request, i);
  }

  public KeySpecs keySpecs() {
    return derived().keySpecs();
  }

  /** Returns the argument tree, which COMMAND DOCS shows. */
  public List<Argument> arguments() {
    return derived().arguments();
  }

  /** Returns the databases that a request works on, which require permission. */
  public DatabaseSpec databases() {
    return databases;
  }

  /** Returns the arguments that are channels with checked permissions, or null. */
  public @Nullable ChannelSpec channels() {
    return channels;
  }

  /**
   * Returns the index of the first argument with one of these names, with all optional arguments
   * left out; 0 if there is none.
   */
  public int positionOf(Set<String> names) {
    int at = name.contains("|") ? 2 : 1;
    return positionOf(names, arguments(), at);
  }

  private static int positionOf(Set<String> names, List<Argument> arguments, int start) {
    int at = start;
    for (Argument argument : arguments) {
      if (argument.optional()) {
        continue;
      }
      if (names.contains(argument.name())) {
        return at;
      }
      int within = positionOf(names, argument.parts(), at);
      if (within != 0) {
        return within;
      }
      at += argument.minLength();
    }
    return 0;
  }

  /** Returns the index of the first key, 0 for none. */
  public int firstKey() {
    return keySpecs().first();
  }

  /** Returns the index of the last key, negative if counted from the end, 0 for none. */
  public int lastKey() {
    return keySpecs().last();
  }

  /** Returns the distance between keys. */
  public int keyStep() {
    return keySpecs().step();
  }

  /** Returns the documentation shown by COMMAND DOCS. */
  public CommandDocs docs() {
    return docs;
  }

  /**
   * Returns the handler.
   *
   * @throws IllegalStateException for a container that cannot be run itself
   */
  public Handler<? super C> handler() {
    if (handler == null) {
      throw new IllegalStateException(name + " does nothing by itself");
    }
    return handler;
  }

  /** Returns true if it can be run without a subcommand. */
  public boolean isRunnable() {
    return handler != null;
  }

  /** Returns true if it has subcommands. */
  public boolean isContainer() {
    return subcommands != null;
  }

  /** Returns the container of a subcommand, otherwise null. */
  public @Nullable Command<C> container() {
    return container;
  }

  /** Returns the subcommand named by a request's second argument, or null. */
  public @Nullable Command<C> sub(Request request) {
    return subcommands == null || request.count() < 2 ? null : subcommands.find(request, 1);
  }

  /** Returns the subcommand of that name (the last part, any case), or null. */
  public @Nullable Command<C> sub(String subname) {
    return subcommands == null ? null : subcommands.find(subname);
  }

  /** Returns the subcommands in order of declaration. */
  public Collection<Command<C>> subcommands() {
    return subcommands == null
        ? List.of()
        : Collections.unmodifiableCollection(subcommands.values());
  }

  /**
   * Returns a small number unique within a {@link CommandTable}, subcommands included; used as the
   * ACL bit index.
   *
   * @throws IllegalStateException before the command was added to a table
   */
  public int id() {
    if (id < 0) {
      throw new IllegalStateException(name + " is in no table");
    }
    return id;
  }

  void setNumber(int id) {
    this.id = id;
  }

  void adopt(Command<C> subcommand) {
    if (subcommands == null) {
      throw new IllegalArgumentException(name + " is no container");
    }
    subcommand.container = this;
    if (subcommands.put(subcommand.shortName(), subcommand) != null) {
      throw new IllegalArgumentException(subcommand.name + " is declared twice");
    }
  }

  /** Counts calls and their total duration in nanoseconds. */
  public void countCalls(int runs, long nanos) {
    calls += runs;
    nanoseconds += nanos;
    if (tracksDurations) {
      durations().add(runs, runs == 1 ? nanos : nanos / Math.max(runs, 1));
    }
  }

  /** Sets whether the histogram of durations counts further calls; it does at first. */
  void setTracksDurations(boolean tracks) {
    tracksDurations = tracks;
  }

  /** Returns the histogram of durations; calls measured together count with their mean. */
  public DurationHistogram durations() {
    DurationHistogram kept = durations;
    if (kept == null) {
      kept = new DurationHistogram();
      durations = kept;
    }
    return kept;
  }

  /** Counts a request rejected before its execution. */
  public void countRejected() {
    rejectedCalls++;
  }

  /** Counts a call that failed; {@link #countCalls} counts it, too. */
  public void countFailed() {
    failedCalls++;
  }

  public long calls() {
    return calls;
  }

  /** Returns the total duration of all calls, in microseconds. */
  public long microseconds() {
    return nanoseconds / 1000;
  }

  /** Returns the number of requests rejected before their execution. */
  public long rejectedCalls() {
    return rejectedCalls;
  }

  public long failedCalls() {
    return failedCalls;
  }

  /** Resets all statistics, as CONFIG RESETSTAT does. */
  public void resetStatistics() {
    calls = 0;
    nanoseconds = 0;
    durations = null;
    rejectedCalls = 0;
    failedCalls = 0;
  }

  @Override
  public String toString() {
    return name;
  }
}
